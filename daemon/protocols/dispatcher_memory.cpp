// What silent connections and a full budget take away: parsers that sleep, and parsers that are given up.
#include <algorithm>
#include <utility>

#include "daemon/protocols/dispatcher.h"

namespace sallyport {

// One that sleeps is made again first, as if it had never been away.
Dispatcher::Connection* Dispatcher::find_awake(FlowId flow, Timestamp time) {
  Connection* const connection = find(flow);
  if (connection && connection->sleeps) wake(*connection, time);
  return connection;
}

void Dispatcher::wake(Connection& connection, Timestamp time) {
  const auto entry = std::ranges::find(protocols_, connection.protocol, &ProtocolEntry::protocol);
  connection.parser = entry->wake(*connection.flow, take_memory(connection));
  connection.sleeps = false;
  stats_.woken_total.add();
  close_ended(connection, time);
}

Dispatcher::Speech& Dispatcher::speech_of(Connection& connection) {
  if (!connection.speech) connection.speech = std::make_unique<Speech>();
  return *connection.speech;
}

// Signs hold for the life of the flow; a conflict has a transfer of its own that ends with it.
bool Dispatcher::is_needed(const Speech& speech) {
  const bool signs = speech.ways[0].signs != 0 || speech.ways[1].signs != 0;
  return signs || speech.conflicts[0] || speech.conflicts[1] || !speech.order.empty();
}

bool Dispatcher::put_to_sleep(Connection& connection) {
  ParserMemory memory;
  if (!connection.parser->sleep(memory)) return false;
  connection.asleep.messages = memory.messages;
  connection.asleep.rest = memory.rest;
  return true;
}

ParserMemory Dispatcher::take_memory(Connection& connection) {
  ParserMemory memory{connection.asleep.messages, std::string(connection.asleep.rest)};
  connection.asleep.rest.clear();
  connection.asleep.rest.shrink_to_fit();
  return memory;
}

void Dispatcher::on_quiet(FlowId flow) {
  Connection* const connection = find(flow);
  if (!connection || !connection->parser || !put_to_sleep(*connection)) return;
  connection->parser.reset();
  connection->sleeps = true;
  stats_.slept_total.add();
  note_memory(*connection);
  if (connection->speech && !is_needed(*connection->speech)) connection->speech.reset();
}

// What is too little to count, an opaque flow without conflicts, is bounded with the flows.
std::size_t Dispatcher::memory_bytes(const Connection& connection) {
  std::size_t bytes = connection.parser ? connection.parser->memory_bytes() : 0;
  if (!connection.speech) return bytes;
  const Speech& speech = *connection.speech;
  for (const std::size_t way : {0U, 1U}) {
    bytes += speech.head[way].capacity();
    if (bytes > 0) bytes += speech.ways[way].pieces.memory_bytes();
    if (speech.conflicts[way]) bytes += speech.conflicts[way]->memory_bytes();
  }
  return bytes;
}

void Dispatcher::note_memory(Connection& connection) {
  if (!connection.speech) return;
  budget_.note(connection.speech->share, connection.flow->id, memory_bytes(connection));
  stats_.parser_bytes.set(budget_.bytes());
}

// After every call that may make a parser hold more.
void Dispatcher::keep_budget(Connection& connection, Timestamp time) {
  note_memory(connection);
  while (budget_.is_over()) {
    Connection* const largest = find(budget_.next());
    const std::size_t before = budget_.bytes();
    give_up(*largest, time);
    note_memory(*largest);
    if (budget_.bytes() >= before) return;
  }
}

void Dispatcher::give_up(Connection& connection, Timestamp time) {
  stats_.given_up_total.add();
  Speech& speech = speech_of(connection);
  for (const auto& conflicts : speech.conflicts) {
    if (conflicts) conflicts->give_up(time);
  }
  const std::uint64_t ended = trace_.ended();
  const bool was_known = connection.parser != nullptr;
  if (was_known) {
    const auto scope = scope_of(connection, Direction::kClientToServer);
    if (connection.parser->give_up(time)) return;
    if (put_to_sleep(connection)) connection.remembers = connection.protocol;
  }
  for (TracedWay& way : speech.ways) way.pieces = {};
  connection.seeks = true;
  start_opaque(connection, NotInspected::kOverBudget, time);
  // What it held was of no transfer yet: a head, names. It is told all the same.
  if (was_known && trace_.ended() == ended) connection.parser->gap(Direction::kClientToServer, 0, time);
}

// As it was left, where this flow has been of this protocol before.
std::unique_ptr<ProtocolParser> Dispatcher::make(Connection& connection, const ProtocolEntry& entry) {
  const bool remembered = !connection.asleep.rest.empty() && connection.remembers == entry.protocol && entry.wake;
  const ParserMemory memory = take_memory(connection);
  return remembered ? entry.wake(*connection.flow, memory) : entry.make(*connection.flow);
}

}  // namespace sallyport
