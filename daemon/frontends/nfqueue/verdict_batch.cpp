#include "daemon/frontends/nfqueue/verdict_batch.h"

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <algorithm>
#include <cstring>

namespace sallyport {
namespace {

/// Bytes of one verdict message: headers 20, verdict attribute 12, mark attribute 8.
constexpr std::size_t kMessageBytesMax = 40;

bool is_plain_accept(const PacketVerdict& verdict) {
  return verdict.accept && !verdict.has_mark;
}

}  // namespace

void VerdictBatch::sort_by_arrival() {
  // Ids wrap, so they are compared by their distance; all of them lie within the length of the queue.
  std::sort(waiting_.begin(), waiting_.end(),
            [](const PacketVerdict& a, const PacketVerdict& b) { return static_cast<std::int32_t>(a.id - b.id) < 0; });
}

std::size_t VerdictBatch::end_of_run(std::size_t begin) const {
  std::size_t end = begin;
  while (end < waiting_.size() && is_plain_accept(waiting_[end])) ++end;
  return end;
}

std::size_t VerdictBatch::put(std::byte* place, int type, const PacketVerdict& verdict) const {
  nlmsghdr* const message = nfq_nlmsg_put(reinterpret_cast<char*>(place), type, queue_number_);
  nfq_nlmsg_verdict_put(message, static_cast<int>(verdict.id), verdict.accept ? NF_ACCEPT : NF_DROP);
  if (verdict.has_mark) nfq_nlmsg_verdict_put_mark(message, verdict.mark);
  return message->nlmsg_len;
}

std::vector<Bytes> VerdictBatch::encode(bool others_wait) {
  sort_by_arrival();
  buffer_.resize(waiting_.size() * kMessageBytesMax);
  std::vector<Bytes> sends;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const std::size_t run_end = others_wait ? i : end_of_run(i);
    const bool batch = run_end > i + 1;
    if (batch) i = run_end - 1;
    if (end - begin + kMessageBytesMax > kSendBytes) {
      sends.push_back(Bytes(buffer_).subspan(begin, end - begin));
      begin = end;
    }
    end += put(buffer_.data() + end, batch ? NFQNL_MSG_VERDICT_BATCH : NFQNL_MSG_VERDICT, waiting_[i]);
  }
  if (end > begin) sends.push_back(Bytes(buffer_).subspan(begin, end - begin));
  waiting_.clear();
  return sends;
}

}  // namespace sallyport
