#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/contract/pdq.h"
#include "policy/parser.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kQuantisationDigitsMin = 16, kQuantisationDigitsMax = 64;

class SignParser {
 public:
  SignParser(const YamlNode& node, ReadContext& context)
      : node_(node), reader_(node, SectionId::kCameraSign, context), context_(context) {}

  CameraSignDocument parse() {
    EnrolledSign sign;
    sign.make = text("make");
    sign.model = text("model");
    sign.serial = text("serial");
    sign.width = side("width");
    sign.height = side("height");
    read_quantisation(sign);
    if (const YamlNode* const overlay = reader_.find("overlay")) read_overlay(*overlay, sign);
    check_strength(sign);
    return {node_.place, std::move(sign)};
  }

 private:
  void error(Place place, std::string_view code, std::string message, Advice advice = {}) {
    context_.diagnostics.error(place, code, std::move(message), std::move(advice));
  }

  /// As the worker reads it from an image: what it would not read can never fit.
  std::optional<std::string> text(std::string_view key) {
    auto found = reader_.text(key);
    if (!found) return std::nullopt;
    const std::string& value = found->value;
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    const bool trimmed = value.front() != ' ' && value.back() != ' ';
    if (!printable || !trimmed || value.size() > sallyport::limits::kCameraTextBytesMax) {
      error(found->place, "bad-value",
            quoted(key) + " is up to " + std::to_string(sallyport::limits::kCameraTextBytesMax) +
                " printable ASCII characters without blanks around them");
    }
    return std::move(found->value);
  }

  std::optional<std::uint32_t> side(std::string_view key) const {
    const auto found = reader_.integer(key);
    if (!found) return std::nullopt;
    return static_cast<std::uint32_t>(found->value);
  }

  void read_quantisation(EnrolledSign& sign) {
    const auto found = reader_.text("quantisation");
    if (!found) return;
    sign.quantisation = found->value;
    const bool is_hex = sign.quantisation.find_first_not_of("0123456789abcdef") == std::string::npos;
    const std::size_t digits = sign.quantisation.size();
    if (is_hex && digits >= kQuantisationDigitsMin && digits <= kQuantisationDigitsMax) return;
    error(found->place, "bad-value",
          quoted(found->value) + " is not " + std::to_string(kQuantisationDigitsMin) + " to " +
              std::to_string(kQuantisationDigitsMax) + " lower-case hexadecimal digits",
          {"", "`sallyport camera enrol` prints them"});
  }

  void read_overlay(const YamlNode& node, EnrolledSign& sign) {
    const SectionReader inside(node, SectionId::kOverlay, context_);
    EnrolledSign::Overlay& overlay = sign.overlay.emplace();
    OverlayRegion& region = overlay.region;
    const auto number = [&inside](std::string_view key) {
      const auto found = inside.integer(key);
      return found ? static_cast<std::uint32_t>(found->value) : 0U;
    };
    region = {number("left"),   number("top"),          number("width"),
              number("height"), sign.width.value_or(0), sign.height.value_or(0)};
    overlay.distance_max = static_cast<int>(inside.integer("distance_max")->value);
    if (const auto pdq = inside.text("pdq")) {
      const auto hash = pdq_from_hex(pdq->value);
      if (hash) overlay.pdq = *hash;
      if (!hash) error(pdq->place, "bad-value", quoted(pdq->value) + " is not 64 hexadecimal digits");
    }
    const bool too_wide = sign.width && std::uint64_t{region.left} + region.width > *sign.width;
    const bool too_high = sign.height && std::uint64_t{region.top} + region.height > *sign.height;
    if (too_wide || too_high) error(node.place, "out-of-range", "the overlay lies outside of the image");
  }

  void check_strength(const EnrolledSign& sign) {
    const bool tells = sign.make || sign.model || sign.serial || !sign.quantisation.empty() || sign.overlay;
    if (tells || !context_.whole || node_.kind != YamlNode::Kind::kMapping) return;
    error(node_.place, "missing-key", "a sign needs make, model, serial, quantisation or overlay",
          {"", "a size alone fits images of anybody"});
  }

  const YamlNode& node_;
  const SectionReader reader_;
  ReadContext& context_;
};

}  // namespace

CameraDocument parse_camera(const YamlEntry& entry, ReadContext& context) {
  const SectionReader reader(entry.value, SectionId::kCamera, context);
  reader.text("description");
  CameraDocument camera{{entry.key, entry.key_place}, {}};
  for (const YamlNode* sign : reader.sections("signs")) camera.signs.push_back(SignParser(*sign, context).parse());
  return camera;
}

}  // namespace sallyport::policy
