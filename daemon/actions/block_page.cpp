#include "daemon/actions/block_page.h"

#include <string_view>

namespace sallyport {
namespace {

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string page(const BlockNotice& notice) {
  std::string text =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Transfer blocked</title></head><body>\n"
      "<h1>This transfer was blocked</h1>\n"
      "<p>It contains images that may not go to this destination, by the policy <b>" +
      html_text(notice.policy) + "</b>. Nothing of them was passed on.</p>\n<p>Reference: <code>" +
      html_text(notice.reference) + "</code></p>\n";
  if (!notice.contact.empty()) text += "<p>If this is wrong, contact " + html_text(notice.contact) + ".</p>\n";
  return text + "</body></html>\n";
}

std::string problem(const BlockNotice& notice) {
  std::string text =
      R"({"type":"about:blank","status":403,"title":"Transfer blocked","detail":"It contains images that may not go to )"
      R"(this destination. Nothing of them was passed on.","policy":")" +
      json_text(notice.policy) + R"(","reference":")" + json_text(notice.reference) + '"';
  if (!notice.contact.empty()) text += R"(,"contact":")" + json_text(notice.contact) + '"';
  return text + "}\n";
}

}  // namespace

std::string block_answer(const BlockNotice& notice, bool as_json) {
  const std::string body = as_json ? problem(notice) : page(notice);
  const std::string type = as_json ? "application/problem+json" : "text/html; charset=utf-8";
  return "HTTP/1.1 403 Forbidden\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace sallyport
