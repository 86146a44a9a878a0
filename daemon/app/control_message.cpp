#include "daemon/app/control_message.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "proto/sallyport/control/v1/control.pb.h"

namespace sallyport {
namespace {

namespace v1 = ::sallyport::control::v1;

/// Bytes of one rendered diagnostic: with all of them a reply stays below kControlMessageBytesMax.
constexpr std::size_t kDiagnosticBytesMax = 512;

std::uint64_t nanoseconds(Timestamp time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
Timestamp timestamp(std::uint64_t since_1970_ns) {
  return Timestamp(Duration(static_cast<std::int64_t>(since_1970_ns)));
}

/// At most `bytes_max` bytes, cut before a character, never inside one.
std::string cut(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void fill(const PolicyStatus& from, v1::PolicyState& to) {
  to.set_name(cut(from.name, kDiagnosticBytesMax));
  to.set_digest(from.digest);
  to.set_since_ns(nanoseconds(from.since));
  to.set_rules(from.rules);
  to.set_last_error(cut(from.last_error, kDiagnosticBytesMax));
  to.set_reload_failures(from.reload_failures);
  to.set_replaced(from.replaced);
}

PolicyStatus policy_of(const v1::PolicyState& from) {
  return {from.name(),    from.digest(),     timestamp(from.since_ns()),
          from.rules(),   from.last_error(), from.reload_failures(),
          from.replaced()};
}

void fill(const DaemonStatus& from, v1::StatusReply& to) {
  to.set_version(from.version);
  to.set_sensor(cut(from.sensor, kDiagnosticBytesMax));
  to.set_front_end(from.front_end);
  to.set_started_ns(nanoseconds(from.started));
  to.set_pid(from.pid);
  fill(from.policy, *to.mutable_policy());
  for (const auto& [name, value] : from.facts) {
    if (static_cast<std::size_t>(to.facts_size()) == kControlDiagnosticsMax) break;
    v1::StatusReply::Fact& fact = *to.add_facts();
    fact.set_name(cut(name, kDiagnosticBytesMax / 4));
    fact.set_value(cut(value, kDiagnosticBytesMax / 4));
  }
}

DaemonStatus status_of(const v1::StatusReply& from) {
  DaemonStatus status{from.version(),
                      from.sensor(),
                      from.front_end(),
                      timestamp(from.started_ns()),
                      from.pid(),
                      policy_of(from.policy()),
                      {}};
  for (const auto& fact : from.facts()) status.facts.emplace_back(fact.name(), fact.value());
  return status;
}

void fill(const ReloadOutcome& from, v1::ReloadReply& to) {
  to.set_loaded(from.loaded);
  for (const std::string& diagnostic : from.diagnostics) {
    if (static_cast<std::size_t>(to.diagnostics_size()) == kControlDiagnosticsMax) break;
    to.add_diagnostics(cut(diagnostic, kDiagnosticBytesMax));
  }
  fill(from.policy, *to.mutable_policy());
}

ReloadOutcome reload_of(const v1::ReloadReply& from) {
  return {from.loaded(), {from.diagnostics().begin(), from.diagnostics().end()}, policy_of(from.policy())};
}

void fill(const CanaryReport& from, v1::CanaryReply& to) {
  for (std::size_t i = 0; i < std::min(from.sets.size(), kControlDiagnosticsMax); ++i) to.add_sets(from.sets[i]);
  for (std::size_t i = 0; i < std::min(from.registered_in.size(), kControlDiagnosticsMax); ++i) {
    to.add_registered_in(from.registered_in[i]);
  }
  to.set_packets(from.packets);
  to.set_passed(from.passed);
  to.set_rule(from.rule);
  to.set_severity(from.severity);
  to.set_action(from.action);
  to.set_event(from.event);
  to.set_content(from.content);
  to.set_not_inspected(from.not_inspected);
  to.set_told_ns(nanoseconds(from.told));
}

CanaryReport canary_of(const v1::CanaryReply& from) {
  CanaryReport report;
  report.sets.assign(from.sets().begin(), from.sets().end());
  report.registered_in.assign(from.registered_in().begin(), from.registered_in().end());
  report.packets = from.packets();
  report.passed = from.passed();
  report.rule = from.rule();
  report.severity = from.severity();
  report.action = from.action();
  report.event = from.event();
  report.content = from.content();
  report.not_inspected = from.not_inspected();
  report.told = timestamp(from.told_ns());
  return report;
}

void fill(const CanaryQuestion& from, v1::CanaryRequest& to) {
  to.set_nonce(from.nonce);
  if (from.sha256) to.set_sha256(from.sha256->data(), from.sha256->size());
}

CanaryQuestion canary_of(const v1::CanaryRequest& from) {
  CanaryQuestion question{from.nonce(), std::nullopt};
  if (from.sha256().size() == sizeof(Sha256Digest)) {
    std::copy_n(as_byte_span(from.sha256()).begin(), from.sha256().size(), question.sha256.emplace().begin());
  }
  return question;
}

std::string with_size(const google::protobuf::MessageLite& message) {
  const std::string body = message.SerializeAsString();
  const auto size = static_cast<std::uint32_t>(body.size());
  std::string framed;
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(size >> shift & 0xFF);
  return framed + body;
}

}  // namespace

std::string_view to_string(ControlCommand command) {
  static constexpr std::string_view kWords[] = {"status", "reload", "reopen_logs", "rearm", "canary"};
  return kWords[static_cast<std::size_t>(command)];
}

std::string encode_request(const ControlRequest& request) {
  v1::Request message;
  if (request.command == ControlCommand::kStatus) message.mutable_status();
  if (request.command == ControlCommand::kReload) message.mutable_reload();
  if (request.command == ControlCommand::kReopenLogs) message.mutable_reopen_logs();
  if (request.command == ControlCommand::kRearm) message.mutable_rearm()->set_rule(request.rule);
  if (request.command == ControlCommand::kCanary) fill(request.canary, *message.mutable_canary());
  return with_size(message);
}

std::optional<ControlRequest> decode_request(std::string_view bytes) {
  v1::Request message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  switch (message.command_case()) {
    case v1::Request::kStatus:
      return ControlRequest{ControlCommand::kStatus};
    case v1::Request::kReload:
      return ControlRequest{ControlCommand::kReload};
    case v1::Request::kReopenLogs:
      return ControlRequest{ControlCommand::kReopenLogs};
    case v1::Request::kRearm:
      return ControlRequest{ControlCommand::kRearm, message.rearm().rule(), {}};
    case v1::Request::kCanary:
      return ControlRequest{ControlCommand::kCanary, {}, canary_of(message.canary())};
    case v1::Request::COMMAND_NOT_SET:
      break;
  }
  return std::nullopt;
}

std::string encode_reply(const ControlReply& reply) {
  v1::Reply message;
  if (!reply.error.empty()) {
    message.set_error(cut(reply.error, kDiagnosticBytesMax));
  } else if (reply.status) {
    fill(*reply.status, *message.mutable_status());
  } else if (reply.reload) {
    fill(*reply.reload, *message.mutable_reload());
  } else if (reply.canary) {
    fill(*reply.canary, *message.mutable_canary());
  } else {
    message.mutable_reopen_logs();
  }
  return with_size(message);
}

std::optional<ControlReply> decode_reply(std::string_view message) {
  v1::Reply parsed;
  if (!parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) return std::nullopt;
  ControlReply reply;
  reply.error = parsed.error();
  if (parsed.has_status()) reply.status = status_of(parsed.status());
  if (parsed.has_reload()) reply.reload = reload_of(parsed.reload());
  if (parsed.has_canary()) reply.canary = canary_of(parsed.canary());
  if (parsed.result_case() == v1::Reply::RESULT_NOT_SET) return std::nullopt;
  return reply;
}

std::size_t announced_size(std::string_view bytes) {
  return ByteReader(as_byte_span(bytes)).u32be();
}

}  // namespace sallyport
