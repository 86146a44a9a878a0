#include "daemon/net/flow_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace sallyport {
namespace {

FlowKey key(std::uint16_t port) {
  return {{*IpAddress::parse("10.0.0.1"), port}, {*IpAddress::parse("10.0.0.2"), 80}};
}

TEST(FlowTableTest, FindsByKeyAndIdWhateverComesAndGoes) {
  FlowTable table(1000, 3, {1, 2});
  std::mt19937 random(7);
  std::set<std::uint16_t> there;
  std::set<FlowId> ids;
  for (int i = 0; i < 20000; ++i) {
    const auto port = static_cast<std::uint16_t>(random() % 2000);
    FlowEntry* const found = table.find(key(port));
    ASSERT_EQ(found != nullptr, there.contains(port));
    if (found) {
      const FlowId id = found->flow.id;
      EXPECT_EQ(table.find(id), found);
      table.erase(*found);
      EXPECT_EQ(table.find(id), nullptr);
      there.erase(port);
    } else if (!table.full()) {
      const FlowEntry& entry = table.insert(key(port));
      EXPECT_TRUE(ids.insert(entry.flow.id).second) << "an id was given out twice";
      EXPECT_EQ(entry.flow.id.value >> 56, 3U);
      there.insert(port);
    }
    ASSERT_EQ(table.size(), there.size());
  }
}

TEST(FlowTableTest, BothWaysHaveOneKey) {
  const Endpoint left{*IpAddress::parse("10.0.0.1"), 5}, right{*IpAddress::parse("10.0.0.2"), 4};
  TcpSegment there, back;
  there.source = back.destination = left;
  there.destination = back.source = right;
  EXPECT_EQ(flow_key_of(there).key, flow_key_of(back).key);
  EXPECT_NE(flow_key_of(there).source_is_low, flow_key_of(back).source_is_low);
}

TEST(FlowTableTest, TheHashDependsOnTheSecret) {
  EXPECT_EQ(hash_of(key(1), {1, 2}), hash_of(key(1), {1, 2}));
  EXPECT_NE(hash_of(key(1), {1, 2}), hash_of(key(1), {1, 3}));
  EXPECT_NE(hash_of(key(1), {1, 2}), hash_of(key(2), {1, 2}));
}

}  // namespace
}  // namespace sallyport
