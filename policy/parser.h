// Nodes to a PolicyDocument: what is written, by the schema. What it means together is checker.h.
#pragma once

#include "policy/document.h"
#include "policy/section_reader.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

/// Reports every fault; what is faulty is left out of the document or has its default.
PolicyDocument parse_policy(const YamlDocument& source, Diagnostics& diagnostics);

/// The mapping under when:, an item of all: or any:, or the mapping under not:, as a group whose parts must all hold.
Condition parse_condition(const YamlNode& node, ReadContext& context);
/// hosts, users, ... of a condition or an exception, as far as given.
std::vector<Condition> parse_names(const SectionReader& reader);
CameraDocument parse_camera(const YamlEntry& entry, ReadContext& context);
/// from: or to:, in its short or its long form.
PlacesDocument parse_places(const SectionReader& reader, std::string_view key, ReadContext& context);
ContractorDocument parse_contractor(const YamlEntry& entry, ReadContext& context);
/// An item of contracts:.
ContractDocument parse_contract(const YamlNode& node, ReadContext& context);
/// permitted_by: of a rule.
PermitsDocument parse_permits(const SectionReader& reader);
/// The mapping under count:.
Counting parse_count(const YamlNode& node, ReadContext& context);
/// The mapping under breaker:.
BreakerLimit parse_breaker(const YamlNode& node, ReadContext& context);
/// An item of tests:.
TestDocument parse_test(const YamlNode& node, ReadContext& context);

}  // namespace sallyport::policy
