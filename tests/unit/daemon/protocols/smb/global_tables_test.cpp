#include "daemon/protocols/smb/global_tables.h"

#include <gtest/gtest.h>

namespace sallyport::smb {
namespace {

const std::string kServer = "guid";
const std::string kCreateGuid(16, 'g');
constexpr FileKey kFile{0x51, {9, 9}};

KnownOpen open_named(const std::string& path, bool is_durable = false) {
  KnownOpen open;
  open.identity = "identity of " + path;
  open.path = path;
  open.is_durable = is_durable;
  open.create_seen = true;
  return open;
}

class GlobalTablesTest : public testing::Test {
 protected:
  std::string add(const KnownOpen& open, const FileKey& key = kFile, bool is_replay = false) {
    return tables.add_open(kServer, key, open, is_replay, evicted);
  }
  std::optional<KnownOpen> reconnect(const FileId& before, const std::string& guid, const FileKey& now) {
    return tables.reconnect(kServer, before, guid, now, evicted);
  }
  GlobalTables tables{{.servers_max = 2, .sessions_max = 2, .trees_max = 2, .opens_max = 2, .copy_sources_max = 2}};
  Counter evicted;
};

TEST_F(GlobalTablesTest, FlowsOfASessionKnowWhatAnotherOneOpened) {
  add(open_named("a.jpg"));
  EXPECT_EQ(tables.find_open(kServer, kFile)->path, "a.jpg");
  EXPECT_FALSE(tables.find_open("another server", kFile));
  EXPECT_FALSE(tables.find_open(kServer, {0x52, kFile.id}));
  tables.remove_open(kServer, kFile);
  EXPECT_FALSE(tables.find_open(kServer, kFile));
}

TEST_F(GlobalTablesTest, IdentityIsThatOfWhoMetTheFileFirst) {
  KnownOpen met = open_named("");
  met.create_seen = false;
  met.identity = "met in the middle";
  add(met);
  EXPECT_EQ(add(open_named("a.jpg")), "met in the middle");
  EXPECT_EQ(tables.find_open(kServer, kFile)->path, "a.jpg");
}

TEST_F(GlobalTablesTest, AnotherFileWithTheSameIdIsAnotherObject) {
  const std::string first = add(open_named("a.jpg"));
  EXPECT_EQ(add(open_named("a.jpg"), kFile, true), first) << "a repeated CREATE opens nothing new";
  EXPECT_NE(add(open_named("a.jpg")), first) << "the CLOSE was not seen";
}

TEST_F(GlobalTablesTest, DurableOpenIsFoundByItsPersistentIdOrItsGuid) {
  KnownOpen durable = open_named("a.jpg", true);
  durable.create_guid = kCreateGuid;
  add(durable);
  const FileKey second{0x52, {9, 10}}, third{0x53, {77, 1}};
  EXPECT_EQ(reconnect(kFile.id, "", second)->identity, "identity of a.jpg");
  EXPECT_FALSE(tables.find_open(kServer, kFile)) << "it has a new name";
  EXPECT_EQ(reconnect({12345, 1}, kCreateGuid, third)->path, "a.jpg");
  EXPECT_FALSE(reconnect(third.id, std::string(16, '?'), kFile)) << "the guid of another CREATE";
  tables.remove_open(kServer, third);
  EXPECT_FALSE(reconnect(third.id, kCreateGuid, second));
}

TEST_F(GlobalTablesTest, OneThatIsNotDurableIsNotTakenUpAgain) {
  add(open_named("a.jpg"));
  EXPECT_FALSE(reconnect(kFile.id, "", {0x52, {9, 10}}));
}

TEST_F(GlobalTablesTest, WritesOfAllFlowsAreCountedAndOutliveAnUpdate) {
  add(open_named("a.jpg"));
  tables.count_write(kServer, kFile);
  KnownOpen renamed = open_named("b.jpg");
  renamed.identity = "must not change";
  tables.update_open(kServer, kFile, renamed, evicted);
  const auto known = tables.find_open(kServer, kFile);
  EXPECT_EQ(known->write_count, 1U);
  EXPECT_EQ(known->path, "b.jpg");
  EXPECT_EQ(known->identity, "identity of a.jpg");
}

TEST_F(GlobalTablesTest, WhatWasNotUsedForLongestGivesWay) {
  const FileKey second{0x51, {10, 10}}, third{0x51, {11, 11}};
  add(open_named("a.jpg"));
  add(open_named("b.jpg"), second);
  tables.find_open(kServer, kFile);
  add(open_named("c.jpg"), third);
  EXPECT_EQ(evicted.value(), 1U);
  EXPECT_TRUE(tables.find_open(kServer, kFile));
  EXPECT_FALSE(tables.find_open(kServer, second));
}

TEST_F(GlobalTablesTest, ServerIsKnownByItsAddressToo) {
  EXPECT_EQ(tables.server_at("192.0.2.1:445"), "192.0.2.1:445");
  tables.set_server("192.0.2.1:445", kServer, evicted);
  EXPECT_EQ(tables.server_at("192.0.2.1:445"), kServer);
}

TEST_F(GlobalTablesTest, SessionsAndTreesAreForgottenWhenTheyEnd) {
  tables.set_user(kServer, 1, "CORP\\ann", evicted);
  tables.set_tree(kServer, 1, 7, Share{"fs", "pictures", false}, evicted);
  EXPECT_EQ(tables.user(kServer, 1), "CORP\\ann");
  EXPECT_EQ(tables.tree(kServer, 1, 7).name, "pictures");
  tables.remove_session(kServer, 1);
  tables.remove_tree(kServer, 1, 7);
  EXPECT_EQ(tables.user(kServer, 1), "");
  EXPECT_EQ(tables.tree(kServer, 1, 7).name, "");
}

TEST_F(GlobalTablesTest, BytesAreBoundedToo) {
  LruTable<std::string> table(100, 1000);
  std::size_t evictions = 0;
  for (int i = 0; i < 10; ++i) evictions += table.set(std::to_string(i), std::string(300, 'x'), 300);
  EXPECT_LE(table.size(), 3U);
  EXPECT_EQ(table.size() + evictions, 10U);
  EXPECT_NE(table.find("9"), nullptr);
}

}  // namespace
}  // namespace sallyport::smb
