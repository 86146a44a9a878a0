#include "daemon/protocols/http/grpc_body.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/feed_all_ways.h"
#include "tests/support/protobuf_builder.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/support/small_images.h"

namespace sallyport::http {
namespace {

using test::grpc_message;
using test::protobuf_field;
using test::small_jpeg;

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 200, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

class GrpcBodyTest : public testing::Test {
 protected:
  struct Session {
    test::RecordingTransferSink sink;
    HttpConfig config;
    HttpStats stats;
    EntityContext context{FlowId{7}, sink, config, stats, {}};
  };
  Entity entity(Session& session) const {
    Head head;
    head.fields.push_back({"content-type", media_type, false, false});
    if (!encoding.empty()) head.fields.push_back({"grpc-encoding", encoding, false, false});
    EntityOrigin origin;
    origin.key = "body";
    origin.facts.path = "/s.Photos/Put";
    return Entity(session.context, origin, head);
  }
  /// However the body is cut; the objects of the whole. The first one is the body.
  std::vector<test::RecordingTransferSink::Object> play(const std::string& body) const {
    std::vector<test::RecordingTransferSink::Object> whole;
    test::feed_all_ways(as_byte_span(body), [&](const test::Feeder& feeder) {
      Session session;
      Entity of = entity(session);
      feeder([&](Bytes piece) { of.push(piece); });
      of.finish({});
      if (whole.empty()) whole = session.sink.objects();
      std::string report = session.sink.log();
      for (const auto& object : session.sink.objects()) report += object.facts.inside + "|" + object.bytes + "\n";
      return report;
    });
    return whole;
  }

  std::string media_type = "application/grpc";
  std::string encoding;
};

TEST_F(GrpcBodyTest, AFieldThatIsAnImageIsATransfer) {
  const std::string jpeg = small_jpeg(700);
  const std::string body = grpc_message(protobuf_field(1, "lane") + protobuf_field(2, jpeg));
  const auto objects = play(body);
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes, body);
  EXPECT_FALSE(objects[0].not_inspected);
  EXPECT_EQ(objects[1].bytes, jpeg);
  EXPECT_EQ(objects[1].facts.inside, "grpc");
  EXPECT_EQ(objects[1].identity.key, "body/field 1");
  EXPECT_EQ(objects[1].facts.path, "/s.Photos/Put");
}

TEST_F(GrpcBodyTest, CompressedMessagesAreInflated) {
  encoding = "gzip";
  const std::string jpeg = small_jpeg(700);
  const auto objects =
      play(grpc_message(gzip(protobuf_field(9, protobuf_field(2, jpeg))), 1) + grpc_message(protobuf_field(2, jpeg)));
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1].bytes, jpeg);
  EXPECT_EQ(objects[2].bytes, jpeg);
}

TEST_F(GrpcBodyTest, AnUnknownCompressionIsTold) {
  encoding = "snappy";
  const auto objects = play(grpc_message("packed", 1));
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kUnknownCoding);
}

TEST_F(GrpcBodyTest, PiecesInLaterMessagesAreJoined) {
  const std::string jpeg = small_jpeg(700), other = small_jpeg(300, 'k');
  std::string body;
  for (std::size_t begin = 0; begin < jpeg.size(); begin += 100)
    body += grpc_message(protobuf_field(1, "a name that is long enough to be looked at") +
                         protobuf_field(2, jpeg.substr(begin, 100)));
  body += grpc_message(protobuf_field(2, other)) + grpc_message(protobuf_field(2, std::string(50, 'x')));
  const auto objects = play(body);
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1].bytes, jpeg);
  EXPECT_EQ(objects[2].bytes, other) << "an image that ended is not gone on with";
}

TEST_F(GrpcBodyTest, AnImageThatIsCutShortIsTheField) {
  const std::string jpeg = small_jpeg(700);
  const auto objects =
      play(grpc_message(protobuf_field(2, jpeg.substr(0, 300))) + grpc_message(protobuf_field(3, "end")));
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[1].bytes, jpeg.substr(0, 300));
  EXPECT_EQ(objects[1].reason, EndReason::kComplete);
}

TEST_F(GrpcBodyTest, WebTextIsBase64PieceByPiece) {
  media_type = "application/grpc-web-text+proto";
  const std::string jpeg = small_jpeg(60);
  // "AAAAAEE=" is the prefix of a message of 65 bytes, encoded by itself.
  const std::string message = protobuf_field(2, jpeg);
  ASSERT_EQ(message.size(), 62U);
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto encode = [](const std::string& plain) {
    std::string out;
    for (std::size_t i = 0; i < plain.size(); i += 3) {
      std::uint32_t bits = 0;
      for (std::size_t k = 0; k < 3; ++k)
        bits = bits << 8 | (i + k < plain.size() ? static_cast<std::uint8_t>(plain[i + k]) : 0U);
      for (std::size_t k = 0; k < 4; ++k)
        out.push_back(i + k <= plain.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=');
    }
    return out;
  };
  const std::string framed = grpc_message(message);
  const auto objects =
      play(encode(framed.substr(0, 5)) + encode(framed.substr(5)) + encode(grpc_message("grpc-status:0", '\x80')));
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[1].bytes, jpeg);
}

TEST_F(GrpcBodyTest, APlainProtobufBodyIsOneMessage) {
  media_type = "application/x-protobuf";
  const std::string jpeg = small_jpeg(700);
  const auto objects = play(protobuf_field(1, "x") + protobuf_field(2, jpeg) + protobuf_field(3, "y"));
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[1].bytes, jpeg);
  EXPECT_EQ(objects[1].facts.inside, "protobuf");
}

TEST_F(GrpcBodyTest, ALossInsideOfAnImageIsItsHole) {
  const std::string jpeg = small_jpeg(700);
  const std::string body = grpc_message(protobuf_field(2, jpeg)) + grpc_message(protobuf_field(2, jpeg));
  Session session;
  Entity of = entity(session);
  of.push(as_byte_span(body).first(108));
  of.lose(50);
  of.push(as_byte_span(body).subspan(158));
  of.finish({});
  const auto objects = session.sink.objects();
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1].bytes.size(), 700U);
  EXPECT_EQ(objects[1].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[2].bytes, jpeg);
}

TEST_F(GrpcBodyTest, ABodyThatStopsInAMessageIsTold) {
  const auto objects = play(grpc_message(protobuf_field(1, "text")).substr(0, 8));
  EXPECT_EQ(objects.at(0).not_inspected, NotInspected::kAborted);
}

TEST_F(GrpcBodyTest, MediaTypes) {
  EXPECT_EQ(grpc_form("application/grpc+json"), GrpcForm::kFramed);
  EXPECT_EQ(grpc_form("application/grpc-web+proto"), GrpcForm::kFramed);
  EXPECT_EQ(grpc_form("application/grpc-web-text"), GrpcForm::kFramedText);
  EXPECT_EQ(grpc_form("application/protobuf"), GrpcForm::kMessage);
  EXPECT_EQ(grpc_form("application/json"), GrpcForm::kNone);
}

}  // namespace
}  // namespace sallyport::http
