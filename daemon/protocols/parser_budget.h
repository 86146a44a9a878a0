// Which connections hold how much memory for their parsers, and whose is given up first when a shard has too much.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>

#include "daemon/base/ids.h"

namespace sallyport {

/// Connections are told apart by the size of what they hold, in powers of two. Above the budget the longest idle one of
/// those sizes goes that together hold the most: many small conversations lose nothing to a few that hoard, nor a few
/// to many that hoard, whatever the size that those choose. One thread.
class ParserBudget {
 public:
  /// Of one connection; copies are of no use. Counts nothing until the first note().
  struct Share {
    std::size_t bytes = 0;
    std::list<FlowId>::iterator place = {};  // only where bytes > 0
  };

  explicit ParserBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The connection has spoken and holds so much now.
  void note(Share& share, FlowId flow, std::size_t bytes);
  bool is_over() const { return bytes_ > bytes_max_; }
  /// Whose memory is given up next; only while is_over().
  FlowId next() const;
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kSizes = 65;  // by the number of bits
  struct Class {
    std::size_t bytes = 0;
    std::list<FlowId> flows;  // longest idle first
  };

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::array<Class, kSizes> classes_;
};

}  // namespace sallyport
