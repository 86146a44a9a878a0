// Why something was not inspected. Never mistaken for clean: rules test it, metrics count it, events carry it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

enum class NotInspected : std::uint8_t {
  kEncrypted,          ///< TLS, SMB3 transform header
  kUnknownProtocol,    ///< bytes that no parser recognises
  kUnknownCoding,      ///< a content or transfer coding that we cannot remove
  kGap,                ///< bytes were lost or never captured
  kOverBudget,         ///< flow table, byte budget or held-packet limit reached (on_overload)
  kTooLarge,           ///< object or image larger than the configured maximum
  kExpansionLimit,     ///< a decoder put out more than the configured multiple of its input
  kDeadline,           ///< the classification did not end in time
  kWorkerCrash,        ///< the worker died or was killed while it looked
  kWorkerUnavailable,  ///< no worker is up, or the queue is full (on_overload)
  kDecodeError,        ///< the image is broken or cut off
  kUnsupportedFormat,  ///< an image format the decoder does not know
  kProtocolError,      ///< the framing is broken beyond resynchronisation
  kDetectorMissing,    ///< a rule asks for a finding whose detector or model is not installed
  kAborted,            ///< the sender stopped in the middle
  kEncryptedArchive,   ///< members of an archive or document that only a password opens
  kContainerLimit,     ///< a container nests deeper, or holds more, than is unpacked
  kNoBytes,            ///< the receiver got it without its bytes on the wire (server-side copy)
  kConflict,           ///< bytes came twice with different content, and one of the two readings could not be inspected
};
inline constexpr std::size_t kNotInspectedCount = 19;

/// The word used in policies, events and metric labels, such as "unknown_coding".
std::string_view to_string(NotInspected reason);
std::optional<NotInspected> not_inspected_from(std::string_view word);

}  // namespace sallyport
