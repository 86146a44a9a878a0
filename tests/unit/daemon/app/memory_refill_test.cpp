// After a restart rules that count go on with what the ledger holds, and nothing else.
#include "daemon/app/memory_refill.h"

#include <gmock/gmock.h>

#include "daemon/app/policy_loading.h"
#include "tests/unit/daemon/ledger/ledger_bench.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCounts = R"(version: 1
name: counts
rules:
  - {name: many, state: block, when: {faces: {}}, count: {what: distinct_images, more_than: 3, within: 1h}}
)";

class MemoryRefillTest : public test::LedgerTest {
 protected:
  /// An image of its own with a face.
  Event image(std::chrono::seconds later) {
    Event event = test::sample_event();
    event.time += later;
    Transfer& transfer = event.transfer;
    transfer.last_seen = event.time;
    transfer.other_parties.clear();
    transfer.not_inspected.reset();
    transfer.complete = true;
    transfer.key = "image " + std::to_string(++serial_);
    transfer.sha256 = Sha256::of(as_byte_span(transfer.key));
    event.id = to_hex(*transfer.sha256);
    Findings& findings = event.findings;
    findings.pdq_quality = 0;
    findings.parts.clear();
    findings.parts_untold = 0;
    findings.not_inspected.reset();
    findings.matches.clear();
    return event;
  }
  std::shared_ptr<const ActivePolicy> active() const { return load_active_policy_text(kCounts, "policy.yaml").active; }
  MemoryRefill refill(const ActivePolicy& policy, std::chrono::seconds later) {
    const auto refill = refill_memory(policy, folder.path("ledger.db"), clock + later);
    EXPECT_TRUE(refill.has_value()) << refill.error().message;
    return refill.value_or(MemoryRefill{});
  }
  static Action send(const ActivePolicy& policy, const Event& event) {
    return policy.policy->conclude(event.transfer, event.findings, *policy.memory).action;
  }

 private:
  int serial_ = 0;
};

TEST_F(MemoryRefillTest, CountsWhatIsYoungEnough) {
  open()->keep(std::vector{image(0s), image(600s), image(1200s)});
  const auto in_time = active();
  EXPECT_EQ(refill(*in_time, 1800s).rows, 3U);
  EXPECT_EQ(send(*in_time, image(1800s)), Action::kBlock) << "the fourth";
  const auto later = active();
  refill(*later, 3600s);
  EXPECT_EQ(send(*later, image(3600s)), Action::kAllow) << "the first is an hour old";
  EXPECT_EQ(send(*later, image(3600s)), Action::kBlock);
}

TEST_F(MemoryRefillTest, TellsOfRowsThatNobodyLookedAt) {
  Event unlooked = image(0s);
  unlooked.findings.looked_for = 0;
  unlooked.findings.faces.clear();
  open()->keep(std::vector{unlooked, image(1s)});
  const auto policy = active();
  const MemoryRefill found = refill(*policy, 60s);
  EXPECT_EQ(found.rows, 2U);
  EXPECT_EQ(found.unlooked, 1U);
  EXPECT_EQ(policy->memory->stats().entries, 1U);
}

TEST_F(MemoryRefillTest, LeavesInheritedCountsAlone) {
  open()->keep(std::vector{image(0s), image(1s), image(2s)});
  const auto before = active();
  const auto after = active();
  after->memory->inherit(*before->memory);
  EXPECT_EQ(refill(*after, 60s).rows, 0U);
  EXPECT_EQ(send(*after, image(60s)), Action::kAllow);
}

TEST_F(MemoryRefillTest, BlocksOfTheTimeBeforeTripABreaker) {
  const auto blocked = [this](std::chrono::seconds later) {
    Event event = image(later);
    event.verdict.matches = {{"plates", Severity::kHigh, Action::kBlock, false, "", std::nullopt, {}}};
    return event;
  };
  const auto guarded = [](int blocks) {
    return load_active_policy_text(
               "version: 1\nname: g\nrules:\n  - {name: plates, state: block, when: {faces: {}}, "
               "breaker: {blocks: " +
                   std::to_string(blocks) + ", within: 10m}}\n",
               "policy.yaml")
        .active;
  };
  open()->keep(std::vector{blocked(0s), blocked(600s), blocked(700s), blocked(800s)});
  const auto tripped = guarded(2);
  refill(*tripped, 900s);
  ASSERT_EQ(tripped->memory->demoted().size(), 1U);
  EXPECT_EQ(tripped->memory->demoted()[0].since, clock + 800s);
  EXPECT_EQ(send(*tripped, image(900s)), Action::kAlert);
  const auto armed = guarded(3);
  refill(*armed, 900s);
  EXPECT_EQ(send(*armed, image(900s)), Action::kBlock) << "the fourth in ten minutes still blocks";
  EXPECT_EQ(send(*armed, image(900s)), Action::kAlert) << "and was one too many";
}

TEST_F(MemoryRefillTest, ALedgerThatIsNotThereIsAnError) {
  const auto policy = active();
  const auto refill = refill_memory(*policy, folder.path("none.db"), clock);
  ASSERT_FALSE(refill.has_value());
  EXPECT_THAT(refill.error().message, testing::HasSubstr("none.db"));
}

}  // namespace
}  // namespace sallyport
