// Event to protobuf: proto/sallyport/event/v1/event.proto.
#pragma once

#include <string>

#include "daemon/contract/event.h"

namespace sallyport {

/// One sallyport.event.v1.Event. The event must come from EventBuilder, which makes its text valid UTF-8. Pure; any
/// thread.
std::string encode_proto(const Event& event);
/// The same behind its size as a varint, for files and streams of many.
std::string encode_proto_delimited(const Event& event);

}  // namespace sallyport
