// IP fragments -> datagrams (RFC 791 3.2, RFC 815; RFC 8200 4.5, RFC 5722).
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/net/decode.h"
#include "daemon/net/net_stats.h"
#include "daemon/net/reassembly_config.h"

namespace sallyport {

/// Keeps the fragments of unfinished datagrams, bounded by bytes and time; the oldest datagram goes first.
/// Receivers differ in what they make of fragments of IPv4 that overlap with other content: then the datagram is given
/// twice, as who keeps the first bytes has it and as who keeps the last. In IPv6 any overlap but a plain repetition
/// spoils the datagram, as receivers throw it away (RFC 5722). What comes later for a spoilt one is thrown away until
/// it times out. Where contradictions are refused (inline, so that their packet is dropped) nothing is taken of a
/// fragment that contradicts earlier ones, and nothing is spoilt: the first bytes are all that can arrive, and the
/// second payload shows only what was tried. One thread. `stats` outlives it.
class IpDefragmenter {
 public:
  IpDefragmenter(const DefragConfig& config, NetStats& stats, bool refuses_conflicts = false)
      : config_(config), stats_(stats), refuses_conflicts_(refuses_conflicts) {}

  /// Takes a fragment; gives the whole datagram with the last one. Its payload is valid until the next call. Fragments
  /// that came another way (NetworkPacket::path) are another's.
  std::optional<IpPacket> add(const IpPacket& fragment, Timestamp now, std::uint32_t path = 0);
  /// The payload of the datagram just given as who keeps the last bytes has it; empty where that is no other. Once
  /// only.
  ByteBuffer take_second_reading() { return std::exchange(second_, {}); }
  /// Whether the fragment just added was refused.
  bool has_refused() const { return has_refused_; }
  /// Forgets datagrams older than the timeout.
  void expire(Timestamp now);
  std::size_t bytes() const { return bytes_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t identification = 0;
    std::uint32_t path = 0;
    std::uint8_t protocol = 0;  ///< zero for IPv6, where it is no part of the key
    bool is_v4 = true;
    auto operator<=>(const Key&) const = default;
  };
  struct Datagram {
    std::map<std::uint32_t, ByteBuffer> pieces;                // by offset, disjoint
    std::vector<std::pair<std::uint32_t, ByteBuffer>> others;  // what came later with other content, in order
    std::uint32_t have = 0;                                    // bytes in pieces
    std::optional<std::uint32_t> size;                         // known once the last fragment came
    std::uint8_t protocol = 0;                                 // as the first fragment says
    bool spoilt = false;
    bool overlaps = false;  // counted
    std::size_t charge = 0;
    std::list<Key>::iterator age;
    Timestamp begun;
  };
  using Table = std::map<Key, Datagram>;

  Table::iterator find_or_begin(const Key& key, Timestamp now);
  static bool fits(const Datagram& datagram, const IpPacket& fragment);
  void refuse(Datagram& datagram);
  void count_overlap(Datagram& datagram);
  bool insert(Datagram& datagram, const IpPacket& fragment);
  bool place_beside(Datagram& datagram, const IpPacket& fragment);
  bool keep_other(Datagram& datagram, const IpPacket& fragment);
  void place(Datagram& datagram, std::uint32_t offset, Bytes bytes);
  IpPacket finish(Table::iterator entry, const IpPacket& last);
  void spoil(Datagram& datagram);
  void erase(Table::iterator entry);
  void charge(Datagram& datagram, std::size_t size);
  void shrink();

  DefragConfig config_;
  NetStats& stats_;
  const bool refuses_conflicts_;
  bool has_refused_ = false;
  Table table_;
  std::list<Key> ages_;  // oldest first
  std::size_t bytes_ = 0;
  ByteBuffer whole_;
  ByteBuffer second_;
};

}  // namespace sallyport
