// What never leaves the machine, and what text looks like when it does. Applied by event_builder to every name in an
// event.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/contract/transfer.h"
#include "daemon/contract/verdict.h"

namespace sallyport {

/// Valid UTF-8 of at most `bytes_max` bytes, cut between characters. Bytes that are no UTF-8 (RFC 3629), control
/// characters (C0, DEL, C1) and bidirectional overrides become U+FFFD: a name cannot forge a line or hide its own end.
std::string safe_text(std::string_view text, std::size_t bytes_max);

/// An HTTP target or URL without what may be secret: user information, fragment, the values of query and path
/// parameters. Names of parameters stay: "/a;s=1/b?token=x&n=2#f" gives "/a;s=/b?token=&n=". A parameter without "="
/// becomes "-".
std::string redact_url(std::string_view target);

/// Facts as they may leave: URLs redacted for HTTP, every name made safe_text() of at most limits::kNameBytesMax.
TransferFacts redact(const TransferFacts& facts);

/// A verdict as it may leave: where a reason quotes a name of `raw`, it quotes the redacted one afterwards.
Verdict redact(const Verdict& verdict, const TransferFacts& raw, const TransferFacts& redacted);

}  // namespace sallyport
