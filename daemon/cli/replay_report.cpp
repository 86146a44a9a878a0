#include "daemon/cli/replay_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/cli/time_text.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Change kTold[] = {Change::kStricter, Change::kLooser, Change::kRules, Change::kUnknown};

std::string padded(const std::string& text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}
std::string right(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return std::string(text.size() < 10 ? 10 - text.size() : 1, ' ') + text;
}

std::string heading(const ReplayResult& result, const ReplaySubject& subject) {
  std::string text = "replayed " + std::to_string(result.rows) + " transfers";
  if (result.rows > 0) text += " from " + time_text(result.first) + " to " + time_text(result.last);
  text += "\n  under    " + subject.now + "\n  against  " + subject.then + '\n';
  if (subject.damaged > 0) text += "  damaged  " + std::to_string(subject.damaged) + " rows, left out\n";
  return text + '\n';
}

std::string totals(const ReplayResult& result) {
  std::string text = padded("unchanged", 36) + right(result.count(Change::kNone)) + '\n';
  text += padded("stricter", 36) + right(result.count(Change::kStricter)) + '\n';
  text += padded("looser", 36) + right(result.count(Change::kLooser)) + '\n';
  text += padded("same verdict, by other rules", 36) + right(result.count(Change::kRules)) + '\n';
  text += padded("unknown: nobody looked then", 36) + right(result.count(Change::kUnknown)) + '\n';
  return text;
}

std::string verdicts(const ReplayResult& result) {
  if (result.verdicts.empty()) return {};
  std::string text = "\nverdicts\n";
  for (const auto& [pair, count] : result.verdicts) {
    text += padded("  " + pair.first + " -> " + pair.second, 36) + right(count) + '\n';
  }
  return text;
}

std::string rules(const ReplayResult& result) {
  if (result.rules.empty()) return {};
  std::string text = "\n" + padded("rules", 36) + "    gained      lost      kept   unknown\n";
  for (const auto& [name, tally] : result.rules) {
    text += padded("  " + name + (tally.shadow ? " (shadow)" : ""), 36) + right(tally.gained) + right(tally.lost) +
            right(tally.kept) + right(tally.unknown) + '\n';
  }
  return text;
}

std::string tallies(const char* title, const std::map<std::string, ChangeTally>& all) {
  if (all.empty()) return {};
  std::string text = "\n" + padded(title, 36) + "  stricter    looser     rules   unknown\n";
  for (const auto& [name, tally] : all) {
    text += padded("  " + name, 36);
    for (const Change change : kTold) text += right(tally[static_cast<std::size_t>(change)]);
    text += '\n';
  }
  return text;
}

std::string examples(const ReplayResult& result) {
  if (result.examples.empty()) return {};
  std::string text = "\nexamples\n";
  for (const ReplayExample& example : result.examples) {
    text += "  row " + std::to_string(example.row) + ", " + time_text(example.time) + ": " + example.what + ": " +
            example.then + " -> " + example.now + '\n';
    for (const std::string& rule : example.rules) text += "      " + rule + '\n';
  }
  return text;
}

Json tally_json(const ChangeTally& tally) {
  Json json = Json::object();
  for (const Change change : kTold) json[std::string(to_string(change))] = tally[static_cast<std::size_t>(change)];
  return json;
}

Json example_json(const ReplayExample& example) {
  return {{"row", example.row},
          {"time", time_text(example.time)},
          {"change", to_string(example.change)},
          {"what", example.what},
          {"then", example.then},
          {"now", example.now},
          {"rules", example.rules}};
}

}  // namespace

std::string replay_text(const ReplayResult& result, const ReplaySubject& subject) {
  return heading(result, subject) + totals(result) + verdicts(result) + rules(result) +
         tallies("receivers", result.receivers) + tallies("contractors", result.contractors) + examples(result);
}

std::string replay_json(const ReplayResult& result, const ReplaySubject& subject) {
  Json json{{"rows", result.rows}, {"damaged", subject.damaged}, {"now", subject.now}, {"then", subject.then}};
  if (result.rows > 0) json.update({{"first", time_text(result.first)}, {"last", time_text(result.last)}});
  json["unchanged"] = result.count(Change::kNone);
  json.update(tally_json(result.changes));
  json["maybe_stricter"] = result.maybe_stricter;
  json["maybe_looser"] = result.maybe_looser;
  json["verdicts"] = Json::array();
  for (const auto& [pair, count] : result.verdicts) {
    json["verdicts"].push_back({{"then", pair.first}, {"now", pair.second}, {"transfers", count}});
  }
  json["rules"] = Json::object();
  for (const auto& [name, tally] : result.rules) {
    json["rules"][name] = {{"gained", tally.gained},
                           {"lost", tally.lost},
                           {"kept", tally.kept},
                           {"unknown", tally.unknown},
                           {"shadow", tally.shadow}};
  }
  json["receivers"] = Json::object();
  for (const auto& [name, tally] : result.receivers) json["receivers"][name] = tally_json(tally);
  json["contractors"] = Json::object();
  for (const auto& [name, tally] : result.contractors) json["contractors"][name] = tally_json(tally);
  json["examples"] = Json::array();
  for (const ReplayExample& example : result.examples) json["examples"].push_back(example_json(example));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport::cli
