// Between verdict and client: the HTTP answer in place of what was blocked, and nothing of what was blocked in it.
#pragma once

#include <string>

namespace sallyport {

/// What a person reads who was stopped. Texts of the operator's, UTF-8.
struct BlockNotice {
  std::string policy;     ///< name of the policy
  std::string reference;  ///< id of the event
  std::string contact;    ///< whom to ask; empty: the page says nobody
};

/// A whole HTTP/1.1 message, 403 (RFC 9110 15.5.4), that closes the connection and is stored by no cache: a page, or
/// where the client asked for it an application/problem+json (RFC 9457).
std::string block_answer(const BlockNotice& notice, bool as_json);

}  // namespace sallyport
