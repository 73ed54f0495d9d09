#pragma once

#include <string>

/// Makes TCP over the directly connected network `destination`/24 on `device` use the congestion control
/// `name`, by the route's metric. Unlike the sysctl, which takes only what the machine's
/// tcp_allowed_congestion_control lists, this works for every algorithm the kernel has. Acts on the caller's
/// network namespace. Throws std::runtime_error.
void use_congestion_control(const std::string& device, const std::string& destination,
                            const std::string& name);
