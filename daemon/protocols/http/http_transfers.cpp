#include "daemon/protocols/http/http_transfers.h"

#include <algorithm>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// Path and host of a request target in absolute form (RFC 9112 3.2.2).
void split_absolute_target(Exchange& exchange) {
  const std::size_t scheme_end = exchange.path.find("://");
  if (scheme_end == std::string::npos || exchange.path.find_first_of("/?") < scheme_end) return;
  const std::size_t host_begin = scheme_end + 3;
  const std::size_t path_begin = std::min(exchange.path.find('/', host_begin), exchange.path.size());
  std::string host = exchange.path.substr(host_begin, path_begin - host_begin);
  // Credentials may stand before the host (RFC 3986 3.2.1): they go no further.
  host.erase(0, host.rfind('@') == std::string::npos ? 0 : host.rfind('@') + 1);
  exchange.host = std::move(host);
  exchange.path = path_begin < exchange.path.size() ? exchange.path.substr(path_begin) : "/";
}

bool asks_for_json(std::string_view accept) {
  const bool json = accept.find("/json") != std::string_view::npos || accept.find("+json") != std::string_view::npos;
  return json && accept.find("text/html") == std::string_view::npos;
}

}  // namespace

std::size_t bytes_of(const Exchange& exchange) {
  return sizeof exchange + exchange.method.size() + exchange.host.size() + exchange.path.size() + exchange.user.size() +
         exchange.upgrade.size() + exchange.extensions.size() + (exchange.upload ? exchange.upload->memory_bytes() : 0);
}

Exchange exchange_of(std::string_view method, std::string_view target, const Head& head) {
  Exchange exchange;
  exchange.method = std::string(method);
  exchange.host = bounded_name(head.value("host"));
  exchange.path = bounded_name(target);
  exchange.user = basic_user(head.value("authorization"));
  exchange.wants_json = asks_for_json(head.value("accept"));
  if (head.find("upgrade")) {
    exchange.upgrade = bounded_name(lower_case(head.value("upgrade")));
    exchange.extensions = bounded_name(head.value("sec-websocket-extensions"));
  }
  split_absolute_target(exchange);
  return exchange;
}

TransferFacts message_facts(const Flow& flow, Direction direction, const Exchange& exchange, std::uint16_t status) {
  TransferFacts facts;
  facts.protocol = Protocol::kHttp1;
  facts.sender = flow.sender(direction);
  facts.receiver = flow.receiver(direction);
  facts.upload = direction == Direction::kClientToServer;
  facts.first_flow = flow.id;
  facts.method = exchange.method;
  facts.host = exchange.host;
  facts.path = exchange.path;
  facts.user = exchange.user;
  facts.wants_json = exchange.wants_json;
  facts.status = status;
  return facts;
}

MessageBody::MessageBody(EntityContext& context, EntityOrigin origin, const Head& head,
                         std::vector<std::uint64_t> other_lengths)
    : context_(context),
      origin_(std::move(origin)),
      head_(head),
      main_(context, origin_, head),
      names_bytes_(bytes_of(head) + name_bytes(origin_.facts)),
      other_lengths_(std::move(other_lengths)) {
  const std::uint64_t max = context.config.second_reading_bytes_max;
  std::sort(other_lengths_.begin(), other_lengths_.end());
  std::erase_if(other_lengths_, [max](std::uint64_t length) { return length > max; });
}

bool MessageBody::take(Bytes bytes) {
  if (bytes.empty()) return true;
  if (size_ == 0) context_.stats.bodies.add();
  size_ += bytes.size();
  if (!other_lengths_.empty()) {
    const std::size_t room = static_cast<std::size_t>(other_lengths_.back()) - kept_.size();
    append(kept_, prefix(bytes, room));
  }
  main_.push(bytes);
  if (!other_lengths_.empty()) add_second_readings();
  return true;
}

void MessageBody::add_second_readings() {
  while (!other_lengths_.empty() && size_ > other_lengths_.front()) {
    const std::uint64_t length = other_lengths_.front();
    other_lengths_.erase(other_lengths_.begin());
    context_.stats.second_readings.add();
    EntityOrigin origin = origin_;
    origin.key += "/length " + std::to_string(length);
    origin.facts.declared_size.reset();
    Entity second(context_, std::move(origin), head_);
    second.push(Bytes(kept_).first(static_cast<std::size_t>(length)));
    second.finish({});
  }
  if (other_lengths_.empty()) kept_ = {};
}

void MessageBody::lose(std::uint64_t size) {
  size_ += size;
  other_lengths_.clear();
  kept_ = {};
  main_.lose(size);
}

void MessageBody::flag(EvasionSet evasions) {
  origin_.evasions |= evasions;
  main_.flag(evasions);
}

bool MessageBody::may_end_here() const {
  return main_.whole() || std::find(other_lengths_.begin(), other_lengths_.end(), size_) != other_lengths_.end();
}

}  // namespace sallyport::http
