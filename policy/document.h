// A policy as it was written, with places: what the parser makes, the checker judges, the printer prints and the
// compiler turns into a Policy.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/contract/camera.h"
#include "daemon/contract/verdict.h"
#include "policy/breaker.h"
#include "policy/condition.h"
#include "policy/counting.h"
#include "policy/outcomes.h"
#include "policy/scenario.h"
#include "policy/values.h"

namespace sallyport::policy {

struct NetworkDocument {
  Located<std::string> name;
  std::vector<Located<Cidr>> cidrs;
  std::vector<Located<std::string>> hosts;
  bool hosts_trusted = false;  ///< a host name alone can excuse a transfer
};

struct FingerprintsDocument {
  Located<std::string> name;
  Located<std::string> file;  ///< as written
  std::uint64_t distance_max = 0;
  bool parts = false;  ///< copies: parts
  bool canary = false;
};

/// An entry of cameras.<name>.signs.
struct CameraSignDocument {
  Place place;
  EnrolledSign keys;
};

struct CameraDocument {
  Located<std::string> name;
  std::vector<CameraSignDocument> signs;
};

/// from: or to:. Neither list: any place.
struct PlacesDocument {
  std::vector<Located<std::string>> any;
  std::vector<Located<std::string>> excluded;

  bool is_given() const { return !any.empty() || !excluded.empty(); }
};

enum class Recorded : std::uint8_t { kNone, kImages, kAll };

struct RecordDocument {
  PlacesDocument from;
  PlacesDocument to;
  Recorded what = Recorded::kNone;
};

struct ExceptionDocument {
  Place place;
  std::string reason;
  std::string owner;
  std::optional<Located<Timestamp>> expires;  ///< excuses nothing from then on
  PlacesDocument from;
  PlacesDocument to;
  std::vector<Condition> names;
};

struct ContractorDocument {
  Located<std::string> name;
  std::vector<Located<std::string>> networks;
};

/// Kinds of images, in the order of their words. kImages: any image, whatever it shows.
enum class Received : std::uint8_t { kFaces, kPlates, kRegistered, kImages };
using ReceivedSet = std::uint32_t;
constexpr ReceivedSet bit(Received kind) {
  return 1U << static_cast<unsigned>(kind);
}

struct Quota {
  std::uint64_t images = 0;
  std::chrono::milliseconds within{0};
};

struct ContractDocument {
  Located<std::string> name;
  Located<std::string> contractor;
  std::string purpose;
  std::string owner;
  PlacesDocument from;
  ReceivedSet may_receive = 0;
  std::optional<Located<Timestamp>> starts;  ///< permits nothing before
  Located<Timestamp> expires;                ///< permits nothing from then on
  std::optional<Located<Quota>> quota;
};

/// permitted_by: of a rule.
struct PermitsDocument {
  bool any = false;  ///< every contract
  Place place;
  std::vector<Located<std::string>> contracts;
};

enum class RuleState : std::uint8_t { kOff, kShadow, kAlert, kBlock };

/// A set of protocols, one bit each.
using ProtocolSet = std::uint32_t;
constexpr ProtocolSet bit(Protocol protocol) {
  return 1U << static_cast<unsigned>(protocol);
}

struct RuleDocument {
  Located<std::string> name;
  std::string description;
  Located<RuleState> state;
  Severity severity = Severity::kMedium;
  std::vector<std::string> tags;
  PlacesDocument from;
  PlacesDocument to;
  ProtocolSet protocols = 0;  ///< none: any
  std::vector<ExceptionDocument> exceptions;
  PermitsDocument permitted_by;
  Condition when;  ///< a group kAll
  std::optional<Counting> count;
  std::optional<Located<BreakerLimit>> breaker;
  std::array<std::optional<Located<Action>>, kOutcomeCount> outcomes;
  std::optional<Located<std::chrono::milliseconds>> deadline;
};

/// What a test says of one transfer. Nothing given: anything will do.
struct ExpectDocument {
  FilePlace at;
  std::optional<Located<Action>> verdict;
  std::optional<Located<Severity>> severity;
  std::optional<Located<std::string>> rule;                ///< the one that decides
  std::optional<std::vector<Located<std::string>>> rules;  ///< exactly those that match
};

struct StepDocument {
  ScenarioDocument scenario;
  Timestamp start;  ///< of the first repetition
  std::uint64_t repeat = 1;
  std::chrono::milliseconds every{0};
  ExpectDocument expect;
};

struct TestDocument {
  Located<std::string> name;
  FilePlace at;
  std::vector<StepDocument> steps;  ///< times never go back
};

/// An entry of conditions:; rules that speak of it hold it written out.
struct ConditionDocument {
  Located<std::string> name;
  Condition condition;
};

/// Something that the policy gives a name to.
struct DefinedName {
  std::string_view what;  ///< "list"; a literal
  Located<std::string> name;
};

struct PolicyDocument {
  std::string name;
  std::string description;
  std::vector<NetworkDocument> networks;
  std::vector<FingerprintsDocument> fingerprints;
  std::vector<CameraDocument> cameras;
  std::vector<ConditionDocument> conditions;
  std::vector<ContractorDocument> contractors;
  std::vector<ContractDocument> contracts;
  std::vector<DefinedName> unused;  ///< lists and conditions that nothing speaks of
  Outcomes defaults{};
  std::chrono::milliseconds deadline{0};
  std::optional<BreakerLimit> breaker;  ///< of rules that say nothing else
  RecordDocument record;
  std::vector<RuleDocument> rules;
  std::vector<TestDocument> tests;  ///< decide nothing
};

}  // namespace sallyport::policy
