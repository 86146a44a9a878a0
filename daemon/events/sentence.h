// An event as one sentence for a person: journal MESSAGE and OCSF message.
#pragma once

#include <string>

#include "daemon/contract/event.h"

namespace sallyport {

/// "blocked jpeg 'cards.jpg' (184320 bytes) from 192.0.2.7:50122 to 198.51.100.4:445 by rule 'no-faces-out': 3 faces,
/// ...".
std::string sentence(const Event& event);

/// What to call the object: its file name, else the last segment of its path, else "unnamed".
std::string object_name(const Event& event);

}  // namespace sallyport
