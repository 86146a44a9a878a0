#include "daemon/protocols/grpc/protobuf_fields.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/feed_all_ways.h"
#include "tests/support/protobuf_builder.h"
#include "tests/support/small_images.h"

namespace sallyport::grpc {
namespace {

using test::protobuf_field;
using test::protobuf_number;

class Log : public FieldHandler {
 public:
  bool goes_on(FieldPath path) const override { return path == waits_for; }
  void object_begin(FieldPath path, ContentType content) override {
    last = path;
    text += "<" + std::string(to_string(content)) + " ";
    size = 0;
  }
  void object_bytes(Bytes bytes) override {
    size += bytes.size();
    objects += as_text(bytes);
    all += as_text(bytes);
  }
  void object_lost(std::uint64_t lost) override { text += "(" + std::to_string(lost) + " lost)"; }
  void object_end(bool whole) override { text += std::to_string(size) + (whole ? ">" : "!>"); }
  void other_bytes(Bytes bytes) override { all += as_text(bytes); }

  FieldPath waits_for = 0;
  FieldPath last = 0;
  std::uint64_t size = 0;
  std::string text, objects, all;
};

/// The log of one message, however it is cut, its size known and not. All bytes come out in their order.
std::string walk(const std::string& message) {
  std::string logs[2];
  for (const bool known : {true, false}) {
    logs[known] = test::feed_all_ways(as_byte_span(message), [&](const test::Feeder& feeder) {
      Log log;
      ProtobufFields fields(log);
      fields.begin(known ? std::optional<std::uint64_t>(message.size()) : std::nullopt);
      feeder([&](Bytes piece) { fields.push(piece); });
      fields.end();
      EXPECT_EQ(log.all, message);
      return log.text + "|" + std::to_string(std::hash<std::string>()(log.objects));
    });
  }
  EXPECT_EQ(logs[0], logs[1]);
  return logs[0].substr(0, logs[0].find('|'));
}

TEST(ProtobufFields, AFieldThatBeginsAnImageIsAnObject) {
  const std::string jpeg = test::small_jpeg(300);
  EXPECT_EQ(walk(protobuf_number(1, 700) + protobuf_field(2, "a text of some length, long enough to be looked at") +
                 protobuf_field(3, jpeg) + protobuf_number(4, 1)),
            "<jpeg 300>");
}

TEST(ProtobufFields, MessagesInsideAreWalked) {
  const std::string jpeg = test::small_jpeg(100);
  const std::string inner = protobuf_field(1, protobuf_field(2, protobuf_field(3, jpeg)));
  EXPECT_EQ(walk(protobuf_field(9, inner + inner) + protobuf_field(200000, jpeg)), "<jpeg 100><jpeg 100><jpeg 100>");
}

TEST(ProtobufFields, FixedNumbersAndGroupsAreReadOver) {
  const std::string jpeg = test::small_jpeg(64);
  const std::string fixed = std::string("\x09") + "12345678" + "\x15" + "1234";
  EXPECT_EQ(walk(fixed + "\x1b" + protobuf_field(1, jpeg) + "\x1c" + protobuf_field(2, jpeg)), "<jpeg 64><jpeg 64>");
}

TEST(ProtobufFields, BytesThatAreNoMessageHideNothingBehindThem) {
  const std::string jpeg = test::small_jpeg(64);
  EXPECT_EQ(walk(protobuf_field(1, std::string(500, '\xff')) + protobuf_field(2, std::string(40, '\0')) +
                 protobuf_field(3, "\x0a\x7f") + protobuf_field(4, jpeg)),
            "<jpeg 64>");
}

TEST(ProtobufFields, AMessageThatIsTheImageItself) {
  EXPECT_EQ(walk(test::small_jpeg(64)), "<jpeg 64>");
}

TEST(ProtobufFields, WhatIsNoProtobufGivesNothing) {
  EXPECT_EQ(walk("{\"json\": \"and no protobuf at all, but quite long\"}"), "");
}

TEST(ProtobufFields, AFieldAtTheSamePlaceMayGoOn) {
  Log log;
  ProtobufFields fields(log);
  const auto message = [&](const std::string& content) {
    fields.begin(content.size());
    fields.push(as_byte_span(content));
    fields.end();
  };
  message(protobuf_field(1, protobuf_field(2, test::small_jpeg(64))));
  log.waits_for = log.last;
  message(protobuf_field(1, protobuf_field(3, std::string(70, 'x'))) + protobuf_field(2, std::string(80, 'x')) +
          protobuf_field(1, protobuf_field(2, std::string(50, 'x'))));
  EXPECT_EQ(log.text, "<jpeg 64><unknown 50>");
}

TEST(ProtobufFields, ALossInsideOfAnObjectKeepsThePlace) {
  Log log;
  ProtobufFields fields(log);
  const std::string jpeg = test::small_jpeg(200);
  const std::string message = protobuf_field(1, jpeg) + protobuf_field(2, jpeg);
  fields.begin(message.size());
  fields.push(as_byte_span(message).first(100));
  fields.lose(50);
  fields.push(as_byte_span(message).subspan(150));
  fields.end();
  EXPECT_EQ(log.text, "<jpeg (50 lost)150><jpeg 200>");
}

TEST(ProtobufFields, ALossOfTagsIsOverWithTheFieldAround) {
  Log log;
  ProtobufFields fields(log);
  const std::string jpeg = test::small_jpeg(200);
  const std::string lost = protobuf_field(1, protobuf_field(1, jpeg) + protobuf_field(2, "text"));
  const std::string message = lost + protobuf_field(2, jpeg);
  fields.begin(message.size());
  fields.push(as_byte_span(message).first(3));
  fields.lose(50);
  fields.push(as_byte_span(message).subspan(53));
  fields.end();
  EXPECT_EQ(log.text, "<jpeg 200>");
}

TEST(ProtobufFields, TooDeepIsSaid) {
  std::string message = test::small_jpeg(64);
  for (std::size_t i = 0; i < ProtobufFields::kLevelsMax + 5; ++i) message = protobuf_field(1, message);
  Log log;
  ProtobufFields fields(log);
  fields.begin(message.size());
  fields.push(as_byte_span(message));
  fields.end();
  EXPECT_TRUE(fields.too_deep());
  EXPECT_EQ(log.text, "");
}

TEST(ProtobufFields, AnObjectThatIsCutOffIsNotWhole) {
  Log log;
  ProtobufFields fields(log);
  const std::string message = protobuf_field(1, test::small_jpeg(200));
  fields.begin(message.size());
  fields.push(as_byte_span(message).first(100));
  fields.end();
  EXPECT_EQ(log.text, "<jpeg 97!>");
}

}  // namespace
}  // namespace sallyport::grpc
