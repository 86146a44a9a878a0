// A flow whose bytes cannot be understood: they are counted, one transfer per direction, and never called inspected.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/protocol_parser.h"

namespace sallyport {

/// Keeps no bytes. A transfer begins with the first byte of its direction and ends with the direction. Never fails.
class OpaqueParser : public ProtocolParser {
 public:
  /// `part` tells apart several of these on one flow, one after the other. `sink` outlives the parser.
  OpaqueParser(const Flow& flow, Protocol protocol, NotInspected reason, TransferSink& sink, unsigned part = 0);

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override;
  void gap(Direction direction, std::uint64_t size, Timestamp time) override;
  void conflict(Direction direction, Timestamp time) override;
  void half_close(Direction direction, Timestamp time) override;
  void finish(CloseReason reason, Timestamp time) override;
  ParserState state() const override { return ParserState::kRunning; }

  /// As feed(), for bytes that are not at hand any more.
  void count(Direction direction, std::uint64_t size, Timestamp time);
  /// Names that become known; also of transfers that have begun.
  struct Names {
    std::string host;  ///< of the peer
    std::string alpn;  ///< TransferFacts::alpn
  };
  void name(Names names);

 private:
  struct Way {
    TransferId id;
    std::uint64_t size = 0;
    bool ended = false;
  };

  bool open(Direction direction, Timestamp time);
  void end(Direction direction, EndReason reason, Timestamp time);
  TransferFacts facts(Direction direction) const;

  Flow flow_;
  Protocol protocol_;
  NotInspected reason_;
  TransferSink& sink_;
  unsigned part_;
  Names names_;
  std::array<Way, 2> ways_;
};

}  // namespace sallyport
