// What the rules of one policy remember from transfer to transfer: what they have counted.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/ask.h"
#include "policy/group_windows.h"

namespace sallyport::policy {

/// Any thread: each rule has a lock of its own, held for microseconds. Time is that of the transfers (last_seen), so
/// that captures and tests run on a time of their own.
class Memory {
 public:
  /// Empty: nothing has passed yet. Borrows the policy.
  explicit Memory(const CompiledPolicy& policy);

  /// Whether any rule counts.
  bool counts() const { return !rules_.empty(); }
  /// Rules that ask and count exactly what one of `older` does go on with its counts, which both share from then on.
  void inherit(const Memory& older);

  /// Tells each of `pairs`, one transfer between each of its parties, what every rule that counts has come to with it.
  void look(std::span<Known> pairs) const;
  /// The same, and it is counted: in each group once, whatever the verdict is. Once a transfer.
  void count(std::span<Known> pairs);

  /// Counts what a record holds for the rules that inherited nothing; gives of how many of them nobody had looked for
  /// what they ask, so that it counts for nothing.
  std::size_t refill(std::span<const Known> pairs);
  /// Names of the rules that inherited nothing, and how far they look back.
  std::vector<std::string> uninherited() const;
  Duration past_wanted() const;

  GroupWindowsStats stats() const;

 private:
  struct Rule {
    const CompiledRule* rule;
    std::shared_ptr<GroupWindows> groups;
    bool inherited = false;
  };

  std::vector<Rule> rules_;  // by CompiledRule::counter
};

}  // namespace sallyport::policy
