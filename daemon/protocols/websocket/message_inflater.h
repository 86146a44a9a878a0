// permessage-deflate taken off the messages of one direction. RFC 7692 7.2.2.
#pragma once

#include <zlib.h>

#include "daemon/base/bytes.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::websocket {

/// Pushed; one direction; one thread. Keeps its window from message to message. Memory: some 40 KiB.
class MessageInflater {
 public:
  MessageInflater();
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  /// False: the bytes are no deflate stream, or the output wanted no more; both stay so.
  bool push(Bytes input, http::ByteOutput& output);
  /// The message is over.
  bool end_message(http::ByteOutput& output);

  /// From above.
  static constexpr std::size_t kMemoryBytes = 41 * 1024;

 private:
  bool begin_next_stream();

  z_stream stream_{};
  bool broken_ = false;
};

}  // namespace sallyport::websocket
