#include <utility>

#include "policy/parser.h"

namespace sallyport::policy {

ContractorDocument parse_contractor(const YamlEntry& entry, ReadContext& context) {
  const SectionReader reader(entry.value, SectionId::kContractor, context);
  reader.text("description");
  return {{entry.key, entry.key_place}, reader.names("networks")};
}

ContractDocument parse_contract(const YamlNode& node, ReadContext& context) {
  const SectionReader reader(node, SectionId::kContract, context);
  ContractDocument contract;
  contract.name = reader.name("name").value_or(Located<std::string>{"", node.place});
  contract.contractor = reader.name("contractor").value_or(Located<std::string>{"", node.place});
  if (auto purpose = reader.text("purpose")) contract.purpose = std::move(purpose->value);
  if (auto owner = reader.text("owner")) contract.owner = std::move(owner->value);
  contract.from = parse_places(reader, "from", context);
  contract.may_receive = reader.words("may_receive");
  contract.starts = reader.moment("starts");
  contract.expires = reader.end("expires").value_or(Located<Timestamp>{{}, node.place});
  const YamlNode* const quota = reader.find("quota");
  if (quota == nullptr) return contract;
  const SectionReader inside(*quota, SectionId::kQuota, context);
  const auto images = inside.integer("images");
  const auto within = inside.duration("within");
  if (images && within) contract.quota = Located<Quota>{{images->value, within->value}, quota->place};
  return contract;
}

PermitsDocument parse_permits(const SectionReader& reader) {
  const YamlNode* const node = reader.find("permitted_by");
  if (node == nullptr) return {};
  if (node->kind == YamlNode::Kind::kScalar && node->text == "any") return {true, node->place, {}};
  return {false, node->place, reader.names("permitted_by")};
}

}  // namespace sallyport::policy
