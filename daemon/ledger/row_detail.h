// The part of a row that has no column of its own, as bytes: proto/sallyport/ledger/v1/ledger.proto.
#pragma once

#include <string>

#include "daemon/base/bytes.h"
#include "daemon/contract/event.h"

namespace sallyport {

std::string encode_detail(const Event& event);
/// Fills in what encode_detail() took. False where the bytes are none of ours; `event` is then half filled.
bool decode_detail(Bytes bytes, Event& event);

}  // namespace sallyport
