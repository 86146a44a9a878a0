// What a fault of YAML's syntax means to a person who writes policies.
#pragma once

#include <string_view>

#include "policy/yaml_attempt.h"

namespace sallyport::policy {

/// Says it in other words and adds advice where the reason of the YAML reader is one that people run into.
/// `line`: the text of the line of the fault.
void explain_syntax(std::string_view line, YamlFault& fault);

}  // namespace sallyport::policy
