#include "daemon/ledger/ledger.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "daemon/base/limits.h"
#include "tests/unit/daemon/ledger/ledger_bench.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using test::LedgerTest;

void expect_same(const TransferFacts& a, const TransferFacts& b) {
  EXPECT_EQ(a.protocol, b.protocol);
  EXPECT_EQ(a.sender, b.sender);
  EXPECT_EQ(a.receiver, b.receiver);
  EXPECT_EQ(a.upload, b.upload);
  for (const auto field :
       {&TransferFacts::method, &TransferFacts::host, &TransferFacts::path, &TransferFacts::file_name,
        &TransferFacts::form_field, &TransferFacts::inside, &TransferFacts::source, &TransferFacts::share,
        &TransferFacts::user, &TransferFacts::media_type, &TransferFacts::alpn}) {
    EXPECT_EQ(a.*field, b.*field);
  }
  EXPECT_EQ(a.declared_size, b.declared_size);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.is_pipe, b.is_pipe);
  EXPECT_EQ(a.opaque, b.opaque);
}

void expect_same(const Transfer& a, const Transfer& b) {
  expect_same(a.facts, b.facts);
  EXPECT_EQ(a.has_untold_parties, b.has_untold_parties);
  ASSERT_EQ(a.other_parties.size(), b.other_parties.size());
  for (std::size_t i = 0; i < a.other_parties.size(); ++i) {
    EXPECT_EQ(a.other_parties[i].sender, b.other_parties[i].sender);
    EXPECT_EQ(a.other_parties[i].receiver, b.other_parties[i].receiver);
  }
  EXPECT_EQ(a.begun, b.begun);
  EXPECT_EQ(a.last_seen, b.last_seen);
  EXPECT_EQ(a.ended, b.ended);
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.account.seen, b.account.seen);
  EXPECT_EQ(a.account.repeated, b.account.repeated);
  EXPECT_EQ(a.account.conflicting, b.account.conflicting);
  EXPECT_EQ(a.account.delivered, b.account.delivered);
  EXPECT_EQ(a.account.missing, b.account.missing);
  EXPECT_EQ(a.account.missing_bytes, b.account.missing_bytes);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.not_inspected, b.not_inspected);
  EXPECT_EQ(a.evasions, b.evasions);
}

std::vector<float> scores(const std::vector<Detection>& detections) {
  std::vector<float> all;
  for (const Detection& detection : detections) all.push_back(detection.score);
  return all;
}

void expect_same(const ImageFindings& a, const ImageFindings& b) {
  EXPECT_EQ(a.looked_for, b.looked_for);
  EXPECT_EQ(a.camera_unreadable, b.camera_unreadable);
  ASSERT_EQ(a.cameras.size(), b.cameras.size());
  for (std::size_t i = 0; i < a.cameras.size(); ++i) {
    EXPECT_EQ(a.cameras[i].camera, b.cameras[i].camera);
    EXPECT_EQ(a.cameras[i].sign, b.cameras[i].sign);
  }
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(scores(a.faces), scores(b.faces));
  EXPECT_EQ(scores(a.plates), scores(b.plates));
  ASSERT_EQ(a.matches.size(), b.matches.size());
  for (std::size_t i = 0; i < a.matches.size(); ++i) {
    EXPECT_EQ(a.matches[i].set, b.matches[i].set);
    EXPECT_EQ(a.matches[i].item, b.matches[i].item);
    EXPECT_EQ(a.matches[i].exact, b.matches[i].exact);
    EXPECT_EQ(a.matches[i].distance, b.matches[i].distance);
    EXPECT_EQ(a.matches[i].form, b.matches[i].form);
    EXPECT_EQ(a.matches[i].inliers, b.matches[i].inliers);
    EXPECT_EQ(a.matches[i].covered_percent, b.matches[i].covered_percent);
  }
  EXPECT_EQ(a.pdq, b.pdq);
  EXPECT_EQ(a.pdq_quality, b.pdq_quality);
  EXPECT_EQ(a.not_inspected, b.not_inspected);
}

void expect_same(const Findings& a, const Findings& b) {
  expect_same(static_cast<const ImageFindings&>(a), static_cast<const ImageFindings&>(b));
  EXPECT_EQ(a.face_detector, b.face_detector);
  EXPECT_EQ(a.plate_detector, b.plate_detector);
  EXPECT_EQ(a.parts_untold, b.parts_untold);
  EXPECT_EQ(a.evasions, b.evasions);
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    expect_same(static_cast<const ImageFindings&>(a.parts[i]), static_cast<const ImageFindings&>(b.parts[i]));
    EXPECT_EQ(a.parts[i].path, b.parts[i].path);
    EXPECT_EQ(a.parts[i].size, b.parts[i].size);
    EXPECT_EQ(a.parts[i].sha256, b.parts[i].sha256);
  }
}

void expect_same(const Verdict& a, const Verdict& b) {
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.severity, b.severity);
  EXPECT_EQ(a.not_inspected, b.not_inspected);
  EXPECT_EQ(a.record, b.record);
  EXPECT_EQ(a.policy_digest, b.policy_digest);
  EXPECT_EQ(a.permitted_by, b.permitted_by);
  ASSERT_EQ(a.matches.size(), b.matches.size());
  for (std::size_t i = 0; i < a.matches.size(); ++i) {
    EXPECT_EQ(a.matches[i].rule, b.matches[i].rule);
    EXPECT_EQ(a.matches[i].severity, b.matches[i].severity);
    EXPECT_EQ(a.matches[i].action, b.matches[i].action);
    EXPECT_EQ(a.matches[i].shadow, b.matches[i].shadow);
    EXPECT_EQ(a.matches[i].reason, b.matches[i].reason);
    EXPECT_EQ(a.matches[i].because_not_inspected, b.matches[i].because_not_inspected);
    EXPECT_EQ(a.matches[i].tags, b.matches[i].tags);
  }
}

void expect_same(const Event& a, const Event& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.disposition, b.disposition);
  expect_same(a.transfer, b.transfer);
  expect_same(a.findings, b.findings);
  expect_same(a.verdict, b.verdict);
}

/// Everything that can be set, in two ways of being it.
std::vector<Event> two_full_events() {
  Event first = test::sample_event();
  first.transfer.facts.etag.clear();
  Part& part = first.findings.parts.front();
  part.looked_for = bit(FindingKind::kFace);
  part.format = ContentType::kPng;
  part.faces = {{{}, 0.25F}};
  part.matches = {{"cards", "back", true, 0},
                  {"lanes", "7", false, 9, PictureForm::kTurnedLeft},
                  {"roads", "8", false, 0, PictureForm::kUpright, 43, 50}};
  part.pdq = PdqHash{1, 2, 3};
  part.pdq_quality = 77;
  part.not_inspected = NotInspected::kDecodeError;
  part.sha256 = Sha256::of(as_byte_span(std::string_view("part")));
  first.findings.not_inspected = NotInspected::kContainerLimit;
  first.findings.evasions = bit(Evasion::kContainerFraming);
  Event second = first;
  second.transfer.facts = {};
  second.transfer.facts.protocol = Protocol::kSmb2;
  second.transfer.facts.sender = {*IpAddress::parse("2001:db8::1"), 445};
  second.transfer.facts.receiver = {*IpAddress::parse("192.0.2.1"), 50000};
  second.transfer.facts.upload = false;
  second.transfer.facts.share = "scans";
  second.transfer.facts.user = "EXAMPLE\\bob";
  second.transfer.facts.status = 206;
  second.transfer.facts.is_pipe = true;
  second.transfer.facts.opaque = NotInspected::kEncrypted;
  second.transfer.ended = false;
  second.transfer.complete = true;
  second.transfer.sha256.reset();
  second.transfer.not_inspected.reset();
  second.findings = {};
  second.verdict = {};
  second.verdict.record = true;
  second.verdict.policy_digest = std::string(64, '0');
  second.disposition = Disposition::kAllowed;
  second.time += 1s;
  return {first, second};
}

TEST_F(LedgerTest, EveryFieldComesBack) {
  const std::vector<Event> events = two_full_events();
  open()->keep(events);
  const auto found = rows();
  ASSERT_EQ(found.size(), 2U);
  expect_same(found[0].event, events[0]);
  expect_same(found[1].event, events[1]);
  EXPECT_EQ(found[0].id, 1);
  EXPECT_TRUE(found[0].told);
}

TEST_F(LedgerTest, EveryActionSeverityAndDispositionComesBack) {
  std::vector<Event> events;
  for (int i = 0; i < 5; ++i) {
    Event event = event_at(std::chrono::seconds(i));
    event.verdict.action = static_cast<Action>(i % 3);
    event.verdict.severity = static_cast<Severity>(i + 1);
    event.disposition = static_cast<Disposition>(i);
    events.push_back(event);
  }
  open()->keep(events);
  const auto found = rows();
  ASSERT_EQ(found.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(found[i].event.verdict.action, events[i].verdict.action);
    EXPECT_EQ(found[i].event.verdict.severity, events[i].verdict.severity);
    EXPECT_EQ(found[i].event.disposition, events[i].disposition);
  }
}

TEST_F(LedgerTest, ARowOfWhichNobodyWasToldSaysSo) {
  Event event = test::sample_event();
  event.verdict.matches.clear();
  open()->keep({&event, 1});
  EXPECT_FALSE(rows().at(0).told);
}

TEST_F(LedgerTest, HoldsNoBoxesAndNoPictureSizes) {
  const Event event = test::sample_event();
  open()->keep({&event, 1});
  const Findings found = rows().at(0).event.findings;
  EXPECT_EQ(found.faces.at(0).box.width, 0);
  EXPECT_EQ(found.width, 0);
}

TEST_F(LedgerTest, RowsComeInTheOrderOfTimeWithinTheRange) {
  const auto ledger = open();
  for (const int second : {5, 1, 3, 2, 4}) {
    const Event event = event_at(std::chrono::seconds(second), static_cast<std::uint16_t>(second));
    ledger->keep({&event, 1});
  }
  const Timestamp start = test::sample_event().time;
  const auto found = rows({start + 2s, start + 5s});
  ASSERT_EQ(found.size(), 3U);
  for (std::uint16_t i = 0; i < 3; ++i) EXPECT_EQ(found[i].event.transfer.facts.sender.port, i + 2);
  std::vector<int> back;
  auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->for_each_back({start + 2s, start + 5s}, [&back](const LedgerRow& row) {
    back.push_back(row.event.transfer.facts.sender.port);
    return back.size() < 2;
  }));
  EXPECT_EQ(back, (std::vector<int>{4, 3}));
}

TEST_F(LedgerTest, MoreRowsThanOneFetchComeOnceEach) {
  std::vector<Event> events;
  constexpr std::size_t kRows = 2 * limits::kLedgerReadRows + 10;
  for (std::size_t i = 0; i < kRows; ++i) events.push_back(event_at(std::chrono::seconds(i / 1000)));
  open()->keep(events);
  std::int64_t last = 0;
  std::size_t count = 0;
  auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_TRUE(reader);
  const auto reading = reader->for_each({}, [&](const LedgerRow& row) {
    EXPECT_EQ(row.id, ++last);
    ++count;
    return true;
  });
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->rows, kRows);
  EXPECT_EQ(count, kRows);
}

TEST_F(LedgerTest, AReaderSeesWhatTheWriterHasJustKept) {
  const auto ledger = open();
  auto reader = LedgerReader::open(folder.path("ledger.db"));
  ASSERT_TRUE(reader) << reader.error().message;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const Event event = test::sample_event();
    ledger->keep({&event, 1});
    const auto reading = reader->for_each({}, [](const LedgerRow&) { return true; });
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->rows, i);
  }
}

TEST_F(LedgerTest, TheFileIsForItsOwnerAndGroup) {
  const mode_t before = ::umask(0);
  const auto ledger = open();
  const Event event = test::sample_event();
  ledger->keep({&event, 1});
  ::umask(before);
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    struct stat found {};
    ASSERT_EQ(::stat((folder.path("ledger.db") + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 07777, 0640U) << suffix;
  }
}

TEST_F(LedgerTest, OldRowsAreForgottenAndItIsSaid) {
  LedgerConfig limited = config();
  limited.age_max = 1h;
  const auto ledger = open(limited);
  std::vector<Event> events;
  for (int i = 0; i < 10; ++i) events.push_back(event_at(std::chrono::minutes(10 * i)));
  ledger->keep(events);
  clock = test::sample_event().time + 60min;
  EXPECT_FALSE(ledger->tend());
  EXPECT_EQ(rows().size(), 10U);
  clock = test::sample_event().time + 95min;
  EXPECT_FALSE(ledger->tend());
  const auto left = rows();
  ASSERT_EQ(left.size(), 6U);
  EXPECT_EQ(left.front().event.time, test::sample_event().time + 40min);
  EXPECT_EQ(ledger->stats().pruned.value(), 4U);
  const auto beginning = LedgerReader::open(folder.path("ledger.db"))->beginning();
  ASSERT_TRUE(beginning);
  EXPECT_EQ(beginning->pruned_rows, 4U);
  EXPECT_EQ(beginning->pruned_until, test::sample_event().time + 30min);
}

TEST_F(LedgerTest, NumbersOfRowsAreNeverUsedAgain) {
  LedgerConfig limited = config();
  limited.age_max = 1h;
  const auto ledger = open(limited);
  const Event old = test::sample_event();
  ledger->keep({&old, 1});
  clock += 2h;
  ledger->tend();
  EXPECT_TRUE(rows().empty());
  const Event later = event_at(2h);
  ledger->keep({&later, 1});
  EXPECT_EQ(rows().at(0).id, 2);
}

TEST_F(LedgerTest, TheFileStaysWithinItsSize) {
  LedgerConfig limited = config();
  limited.size_max = 1 << 20;
  const auto ledger = open(limited);
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<Event> events;
    for (int i = 0; i < 250; ++i) events.push_back(event_at(std::chrono::seconds(batch * 250 + i)));
    ledger->keep(events);
    ledger->tend();
    EXPECT_LT(ledger->stats().bytes.value(), std::uint64_t{1} << 21);
  }
  struct stat found {};
  ASSERT_EQ(::stat(folder.path("ledger.db").c_str(), &found), 0);
  EXPECT_LT(found.st_size, 1 << 21);
  const auto left = rows();
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.back().event.time, event_at(std::chrono::seconds(40 * 250 - 1)).time) << "the newest stay";
  EXPECT_EQ(ledger->stats().pruned.value() + left.size(), 10'000U);
}

TEST_F(LedgerTest, PeopleCanAskInSql) {
  const std::vector<Event> events = two_full_events();
  open()->keep(events);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open_v2(folder.path("ledger.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  std::vector<std::string> lines;
  const auto collect = [](void* to, int count, char** values, char**) {
    std::string line;
    for (int i = 0; i < count; ++i) line += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "-");
    static_cast<std::vector<std::string>*>(to)->push_back(line);
    return 0;
  };
  const char* const sql =
      "SELECT time, sender, direction, share, content, action, policy, event, substr(sha256, 1, 8) FROM transfers;"
      "SELECT value, count(*) FROM transfer, json_each(transfer.rules) GROUP BY value;";
  EXPECT_EQ(sqlite3_exec(database, sql, +collect, &lines, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "2023-11-14T22:13:21Z|192.0.2.7|upload|-|jpeg|block|" + std::string(64, 'a') + "|" +
                          events[0].id + "|" + to_hex(*events[0].transfer.sha256).substr(0, 8));
  EXPECT_EQ(lines[1], "2023-11-14T22:13:22Z|2001:db8::1|download|scans|jpeg|allow|" + std::string(64, '0') + "|" +
                          events[1].id + "|");
  EXPECT_EQ(lines[2], "no-faces-out|1") << "a shadow rule is not among those that acted";
}

}  // namespace
}  // namespace sallyport
