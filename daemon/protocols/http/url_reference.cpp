#include "daemon/protocols/http/url_reference.h"

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// RFC 3986 5.2.4. Works on the path alone; gives one that begins with a slash.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool is_last = end == path.size();
    path.remove_prefix(end);
    if (segment == "..") out.erase(std::min(out.rfind('/'), out.size()));
    if (segment == "." || segment == "..") {
      if (is_last) out.push_back('/');
      continue;
    }
    out.push_back('/');
    out.append(segment);
  }
  return out.empty() ? "/" : out;
}

std::string normal_path(std::string_view path) {
  path = path.substr(0, path.find('#'));
  const std::string_view query = path.substr(without_query(path).size());
  return bounded_name(remove_dot_segments(without_query(path)) + std::string(query));
}

}  // namespace

std::string site_of(std::string_view authority) {
  authority = trim_blanks(authority);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::string site = bounded_name(lower_case(authority));
  for (const std::string_view port : {":80", ":443"}) {
    if (site.ends_with(port)) site.resize(site.size() - port.size());
  }
  return site;
}

WebAddress resolve_reference(const WebAddress& base, std::string_view reference) {
  reference = trim_blanks(reference);
  const std::size_t scheme = reference.find("://");
  const bool has_scheme = scheme != std::string_view::npos && scheme < reference.find_first_of("/?#");
  if (has_scheme) reference.remove_prefix(scheme + 1);
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const std::size_t end = std::min(reference.find_first_of("/?#"), reference.size());
    return {site_of(reference.substr(0, end)), normal_path(reference.substr(end))};
  }
  if (reference.starts_with('/')) return {base.site, normal_path(reference)};
  const std::string_view base_path = without_query(base.path);
  if (reference.empty() || reference.front() == '#') return {base.site, normal_path(base.path)};
  if (reference.front() == '?') return {base.site, normal_path(std::string(base_path) + std::string(reference))};
  const std::string_view folder = base_path.substr(0, base_path.rfind('/') + 1);
  return {base.site, normal_path(std::string(folder) + std::string(reference))};
}

std::string_view without_query(std::string_view path) {
  return path.substr(0, path.find_first_of("?#"));
}

std::string query_parameter(std::string_view path, std::string_view lower_name) {
  path.remove_prefix(without_query(path).size());
  if (!path.starts_with('?')) return {};
  path = path.substr(1, path.find('#') - 1);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('&'), path.size());
    const std::string_view item = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    if (lower_case(percent_decode(item.substr(0, equals))) != lower_name) continue;
    return bounded_name(percent_decode(item.substr(std::min(equals + 1, item.size()))));
  }
  return {};
}

}  // namespace sallyport::http
