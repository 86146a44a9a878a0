// What may befall the file: a full disk, damage, other files under its name, other versions.
#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/daemon/ledger/ledger_bench.h"

namespace sallyport {
namespace {

using test::LedgerTest;
using testing::HasSubstr;

void sql(const std::string& path, const char* text) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::vector<Event> some_events(std::size_t count) {
  return std::vector<Event>(count, test::sample_event());
}

/// No file of this process may grow beyond `bytes` while it lives: to a writer, a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_F(LedgerTest, AFullDiskLosesRowsCountsThemAndGoesOnByItself) {
  const auto ledger = open();
  ledger->keep(some_events(10));
  {
    FullDisk full(200'000);
    ledger->keep(some_events(500));
    ledger->keep(some_events(500));
    EXPECT_THAT(ledger->problem(), HasSubstr("it goes on by itself then"));
    EXPECT_EQ(ledger->stats().writable.value(), 0U);
    EXPECT_EQ(ledger->stats().lost.value(), 1000U);
  }
  ledger->keep(some_events(5));
  EXPECT_EQ(ledger->problem(), "");
  EXPECT_EQ(ledger->stats().writable.value(), 1U);
  EXPECT_EQ(ledger->stats().rows.value(), 15U);
  EXPECT_EQ(rows().size(), 15U) << "a batch is kept whole or not at all";
}

TEST_F(LedgerTest, AFolderThatIsNotThereIsNoReasonNotToStart) {
  LedgerConfig elsewhere = config();
  elsewhere.path = folder.path("later/ledger.db");
  const auto ledger = open(elsewhere);
  ledger->keep(some_events(2));
  EXPECT_THAT(ledger->problem(), HasSubstr("No such file or directory"));
  std::filesystem::create_directory(folder.path("later"));
  ledger->keep(some_events(3));
  EXPECT_EQ(ledger->problem(), "");
  EXPECT_EQ(ledger->stats().lost.value(), 2U);
  EXPECT_EQ(ledger->stats().rows.value(), 3U);
}

TEST_F(LedgerTest, AFileThatSomebodyRemovedIsMadeAnew) {
  const auto ledger = open();
  ledger->keep(some_events(2));
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(folder.path("ledger.db") + suffix);
  }
  ledger->keep(some_events(3));
  EXPECT_EQ(rows().size(), 3U);
  EXPECT_EQ(ledger->stats().lost.value(), 0U);
}

TEST_F(LedgerTest, ADamagedFileIsMovedAsideByTheDaemonAndRefusedToReaders) {
  open()->keep(some_events(50));
  std::filesystem::remove(folder.path("ledger.db-wal"));
  std::ofstream(folder.path("ledger.db"), std::ios::trunc) << std::string(10'000, 'x');
  const auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(reader.error().message, HasSubstr("ledger.db: file is not a database"));
  const auto ledger = open();
  ledger->keep(some_events(3));
  EXPECT_EQ(ledger->stats().damaged_files.value(), 1U);
  EXPECT_EQ(ledger->problem(), "");
  EXPECT_EQ(rows().size(), 3U);
  EXPECT_TRUE(std::filesystem::exists(folder.path("ledger.db") + ".damaged-20231114T221321Z"));
}

TEST_F(LedgerTest, DamageFoundWhileWritingIsMovedAsideToo) {
  const auto ledger = open();
  ledger->keep(some_events(500));
  sql(folder.path("ledger.db"), "PRAGMA wal_checkpoint(TRUNCATE)");
  const auto size = std::filesystem::file_size(folder.path("ledger.db"));
  {
    std::fstream file(folder.path("ledger.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(size - 4096, 'x');
  }
  sql(folder.path("other.db"), "PRAGMA user_version = 0");
  for (int i = 0; i < 3; ++i) ledger->keep(some_events(500));
  EXPECT_EQ(ledger->stats().damaged_files.value(), 1U);
  EXPECT_EQ(ledger->problem(), "");
  EXPECT_EQ(rows().size(), ledger->stats().rows.value() - 500);
}

TEST_F(LedgerTest, ANewerVersionIsRefusedWithAWordOnWhatToDo) {
  open();
  sql(folder.path("ledger.db"), "PRAGMA user_version = 2");
  const auto ledger = Ledger::open(config());
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ledger.error().message,
            folder.path("ledger.db") +
                " is a ledger of version 2, and this program knows versions up to 1: use the newer program, or name "
                "another file");
  const auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message, ledger.error().message);
}

TEST_F(LedgerTest, SomebodyElsesDatabaseIsLeftAlone) {
  sql(folder.path("ledger.db"), "CREATE TABLE birds (name TEXT)");
  const auto ledger = Ledger::open(config());
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(ledger.error().message, HasSubstr("no ledger of Sallyport"));
  EXPECT_FALSE(LedgerReader::open(folder.path("ledger.db")));
}

TEST_F(LedgerTest, ASymbolicLinkIsNotFollowed) {
  std::filesystem::create_symlink(folder.path("victim"), folder.path("ledger.db"));
  const auto ledger = open();
  ledger->keep(some_events(1));
  EXPECT_NE(ledger->problem(), "");
  EXPECT_FALSE(std::filesystem::exists(folder.path("victim")));
}

TEST_F(LedgerTest, ADamagedRowIsCountedAndLeftOut) {
  open()->keep(some_events(3));
  sql(folder.path("ledger.db"), "UPDATE transfer SET detail = x'ffffffff' WHERE id = 2");
  sql(folder.path("ledger.db"), "UPDATE transfer SET sender = 'nowhere' WHERE id = 3");
  auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_TRUE(reader);
  const auto reading = reader->for_each({}, [](const LedgerRow&) { return true; });
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->rows, 1U);
  EXPECT_EQ(reading->damaged, 2U);
}

}  // namespace
}  // namespace sallyport
