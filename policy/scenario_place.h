// The words that a scenario gives for its two ends, as addresses.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace sallyport::policy {

/// The address that `word` is, or one inside the network of that name: one that is in as few other networks as
/// possible. Nothing where there is no such network, or it has host names only.
std::optional<IpAddress> address_for(std::string_view word, const std::vector<NetworkDocument>& networks);
/// An address that is in none of the networks; nothing where they leave none of those that are tried.
std::optional<IpAddress> address_outside(const std::vector<NetworkDocument>& networks);

/// play() with the addresses that the words of the scenario stand for; of a checked document.
PlayedTransfer play(const ScenarioDocument& scenario, const std::vector<NetworkDocument>& networks,
                    const Moment& moment);

}  // namespace sallyport::policy
