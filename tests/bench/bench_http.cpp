// HTTP/1 bodies of 20 MB in spans of a segment and of 64 KiB, with a sink that does nothing: what the parser itself
// costs.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <string>

#include "daemon/base/sha256.h"
#include "daemon/protocols/http/http1_parser.h"
#include "tests/support/discarding_transfer_sink.h"
#include "tests/support/encodings.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kBodyBytes = 20'000'000;
/// Of text: it stays in the cache, as it does between being hashed and being searched.
constexpr std::size_t kTextBytes = 200'000;

/// Bytes that deflate finds little in, like a photo.
std::string photo_like(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : bytes) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    c = static_cast<char>(state >> 32);
  }
  return bytes;
}

std::string with_length(const std::string& fields, const std::string& body) {
  return "PUT /upload/photo.jpg HTTP/1.1\r\nHost: h\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string chunked(const std::string& body, std::size_t chunk) {
  std::string out = "PUT /upload/photo.jpg HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < body.size(); i += chunk) {
    const std::string data = body.substr(i, chunk);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    out += size + data + "\r\n";
  }
  return out + "0\r\n\r\n";
}

std::string gzipped(const std::string& body) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, body.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

void feed(benchmark::State& state, const std::string& stream) {
  const auto span = static_cast<std::size_t>(state.range(0));
  const HttpConfig config;
  HttpStats stats;
  for (auto _ : state) {
    test::DiscardingTransferSink sink;
    const auto parser = make_http1_parser(Flow{FlowId{1}, {}, {}, false, {}}, sink, config, stats);
    for (Bytes rest = as_byte_span(stream); !rest.empty();) {
      const Bytes piece = prefix(rest, span);
      parser->feed(Direction::kClientToServer, piece, {});
      rest = rest.subspan(piece.size());
    }
    if (sink.bytes() < kTextBytes) state.SkipWithError("the body did not come through");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(stream.size()));
}

void identity(benchmark::State& state) {
  feed(state, with_length("", photo_like(kBodyBytes)));
}
void chunks(benchmark::State& state) {
  feed(state, chunked(photo_like(kBodyBytes), 16384));
}
void gzip(benchmark::State& state) {
  feed(state,
       with_length("Content-Encoding: gzip\r\n", gzipped(photo_like(kBodyBytes / 4) + std::string(kBodyBytes, 'g'))));
}
void form(benchmark::State& state) {
  const std::string part = "--XyZboundary0123456789\r\nContent-Disposition: form-data; name=f; filename=a.jpg\r\n\r\n";
  feed(state, with_length("Content-Type: multipart/form-data; boundary=XyZboundary0123456789\r\n",
                          part + photo_like(kBodyBytes) + "\r\n--XyZboundary0123456789--\r\n"));
}

/// JSON as interfaces send it: words, numbers, short identifiers.
std::string json_like(std::size_t size) {
  std::string out = "{\"items\":[";
  for (unsigned i = 0; out.size() < size; ++i) {
    out += "{\"id\":" + std::to_string(i * 7919) + ",\"name\":\"Lane " + std::to_string(i % 97) +
           "\",\"seen\":\"2026-07-01T08:15:30Z\",\"note\":\"the second vehicle waited at the barrier\",\"ok\":true},\n";
  }
  return out;
}
void text(benchmark::State& state) {
  feed(state, with_length("Content-Type: application/json\r\n", json_like(kTextBytes)));
}
/// What text is measured against: hashing it.
void text_digest(benchmark::State& state) {
  const std::string body = json_like(kTextBytes);
  const auto span = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Sha256 hash;
    for (Bytes rest = as_byte_span(body); !rest.empty(); rest = rest.subspan(prefix(rest, span).size())) {
      hash.update(prefix(rest, span));
    }
    benchmark::DoNotOptimize(hash.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}
void base64(benchmark::State& state) {
  const std::string photo = test::jpeg(kBodyBytes);
  feed(state, with_length("Content-Type: application/json\r\n", "{\"photo\":\"" + test::base64(photo) + "\"}"));
}

/// What carries an image is not searched.
void photo(benchmark::State& state) {
  feed(state, with_length("", test::jpeg(kBodyBytes)));
}

BENCHMARK(photo)->Arg(1460)->Arg(65536);
BENCHMARK(text)->Arg(1460)->Arg(65536);
BENCHMARK(text_digest)->Arg(1460)->Arg(65536);
BENCHMARK(base64)->Arg(1460)->Arg(65536);
BENCHMARK(identity)->Arg(1460)->Arg(65536);
BENCHMARK(chunks)->Arg(1460)->Arg(65536);
BENCHMARK(gzip)->Arg(1460)->Arg(65536);
BENCHMARK(form)->Arg(1460)->Arg(65536);

}  // namespace
}  // namespace sallyport::http
