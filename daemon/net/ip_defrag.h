// IP fragments -> datagrams (RFC 791 3.2, RFC 815; RFC 8200 4.5, RFC 5722).
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "daemon/net/decode.h"
#include "daemon/net/net_stats.h"
#include "daemon/net/reassembly_config.h"

namespace sallyport {

/// Keeps the fragments of unfinished datagrams, bounded by bytes and time; the oldest datagram goes first.
/// Fragments that overlap with other content, and in IPv6 any overlap but a plain repetition, spoil their datagram:
/// receivers differ in what they make of it. What comes later for a spoilt datagram is thrown away until it times out.
/// One thread. `stats` outlives it.
class IpDefragmenter {
 public:
  IpDefragmenter(const DefragConfig& config, NetStats& stats) : config_(config), stats_(stats) {}

  /// Takes a fragment; gives the whole datagram with the last one. Its payload is valid until the next call.
  std::optional<IpPacket> add(const IpPacket& fragment, Timestamp now);
  /// Forgets datagrams older than the timeout.
  void expire(Timestamp now);
  std::size_t bytes() const { return bytes_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;  ///< zero for IPv6, where it is no part of the key
    bool is_v4 = true;
    auto operator<=>(const Key&) const = default;
  };
  struct Datagram {
    std::map<std::uint32_t, ByteBuffer> pieces;  // by offset, disjoint
    std::uint32_t have = 0;                      // bytes in pieces
    std::optional<std::uint32_t> size;           // known once the last fragment came
    std::uint8_t protocol = 0;                   // as the first fragment says
    bool spoilt = false;
    std::size_t charge = 0;
    std::list<Key>::iterator age;
    Timestamp begun;
  };
  using Table = std::map<Key, Datagram>;

  Table::iterator find_or_begin(const Key& key, Timestamp now);
  bool fits(Datagram& datagram, const IpPacket& fragment);
  bool insert(Datagram& datagram, const IpPacket& fragment);
  bool place_beside(Datagram& datagram, const IpPacket& fragment);
  IpPacket finish(Table::iterator entry, const IpPacket& last);
  void spoil(Datagram& datagram);
  void erase(Table::iterator entry);
  void charge(Datagram& datagram, std::size_t size);
  void shrink();

  DefragConfig config_;
  NetStats& stats_;
  Table table_;
  std::list<Key> ages_;  // oldest first
  std::size_t bytes_ = 0;
  ByteBuffer whole_;
};

}  // namespace sallyport
