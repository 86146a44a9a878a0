#include "daemon/events/proto_encoder.h"

#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <sstream>

#include "proto/sallyport/event/v1/event.pb.h"
#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

TEST(ProtoEncoder, CarriesEveryField) {
  event::v1::Event message;
  ASSERT_TRUE(message.ParseFromString(encode_proto(test::sample_event())));
  EXPECT_EQ(message.id(), test::sample_event().id);
  EXPECT_EQ(message.disposition(), event::v1::DISPOSITION_BLOCKED);
  EXPECT_EQ(message.verdict().action(), event::v1::ACTION_BLOCK);
  EXPECT_EQ(message.verdict().severity(), event::v1::SEVERITY_HIGH);
  EXPECT_EQ(message.verdict().matches(1).because_not_inspected(), "gap");
  EXPECT_EQ(message.verdict().matches(1).tags(0), "id-documents");
  EXPECT_EQ(message.verdict().permitted_by(0), "plate-reader-2026");
  EXPECT_EQ(message.transfer().receiver().address(), "2001:db8::9");
  EXPECT_EQ(message.transfer().account().delivered(), 400U);
  EXPECT_EQ(message.transfer().account().missing(1).end(), 250U);
  EXPECT_EQ(message.transfer().sha256().size(), 32U);
  EXPECT_EQ(message.transfer().evasions_size(), 2);
  EXPECT_EQ(message.transfer().other_parties(0).receiver().address(), "2001:db8::a");
  EXPECT_EQ(message.findings().looked_for_size(), 4);
  EXPECT_EQ(message.findings().cameras(0).sign(), "quantisation");
  EXPECT_EQ(message.findings().faces(1).x(), 50);
  EXPECT_EQ(message.findings().matches(0).distance(), 12U);
  EXPECT_EQ(message.time_ns(), 1700000001520000000U);
}

/// Both messages and the mirror stay in step: nothing set in the sample may be lost on the way.
void expect_no_field_unset(const google::protobuf::Message& message, const std::set<std::string>& may_be_unset) {
  const auto* const fields = message.GetDescriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    if (may_be_unset.contains(field->full_name())) continue;
    const bool set = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                                          : message.GetReflection()->HasField(message, field);
    EXPECT_TRUE(set) << field->full_name();
    if (set && !field->is_repeated() && field->cpp_type() == field->CPPTYPE_MESSAGE) {
      expect_no_field_unset(message.GetReflection()->GetMessage(message, field), may_be_unset);
    }
  }
}

TEST(ProtoEncoder, SetsEveryFieldThatTheSampleHas) {
  event::v1::Event message;
  ASSERT_TRUE(message.ParseFromString(encode_proto(test::sample_event())));
  expect_no_field_unset(message,
                        {"sallyport.event.v1.Transfer.share", "sallyport.event.v1.Transfer.status",
                         "sallyport.event.v1.Transfer.is_pipe", "sallyport.event.v1.Transfer.has_untold_parties",
                         "sallyport.event.v1.Transfer.complete", "sallyport.event.v1.Findings.not_inspected",
                         "sallyport.event.v1.Findings.at_least", "sallyport.event.v1.Verdict.record"});
}

TEST(ProtoEncoder, WhatWasFoundInPartIsToldAsSuch) {
  Event event = test::sample_event();
  event.findings.looked_for &= ~bit(FindingKind::kFace);
  event::v1::Event message;
  ASSERT_TRUE(message.ParseFromString(encode_proto(event)));
  ASSERT_EQ(message.findings().at_least_size(), 1);
  EXPECT_EQ(message.findings().at_least(0), "face");
}

TEST(ProtoEncoder, DelimitedMessagesFollowEachOther) {
  const std::string two = encode_proto_delimited(test::sample_event()) + encode_proto_delimited(test::sample_event());
  google::protobuf::io::ArrayInputStream stream(two.data(), static_cast<int>(two.size()));
  event::v1::Event message;
  bool clean_end = false;
  int count = 0;
  while (google::protobuf::util::ParseDelimitedFromZeroCopyStream(&message, &stream, &clean_end)) ++count;
  EXPECT_EQ(count, 2);
  EXPECT_TRUE(clean_end);
}

}  // namespace
}  // namespace sallyport
