#include "base/process_identity.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <sstream>
#include <vector>

namespace fairlead {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name.data();
}

std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

/// When a process began, in ticks since the machine did (proc(5), field 22 of stat); empty: it is not there.
std::string start_of(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string line;
    std::getline(file, line);
    const auto after_name = line.rfind(')');  // the name may hold anything
    if (after_name == std::string::npos) return {};
    std::istringstream fields(line.substr(after_name + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number)
        fields >> field;
    return field;
}

/// Whether a process has ended and only waits for its parent to hear of it.
bool is_zombie(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string line;
    std::getline(file, line);
    const auto after_name = line.rfind(')');
    return after_name != std::string::npos && after_name + 2 < line.size() && line[after_name + 2] == 'Z';
}

}  // namespace

std::string process_identity() {
    const auto pid = std::to_string(::getpid());
    return fmt::format("{}/{}/{}/{}", host_name(), boot_id(), pid, start_of(pid));
}

Liveness liveness_of(std::string_view identity) {
    std::vector<std::string> parts;
    std::istringstream stream{std::string(identity)};
    for (std::string part; std::getline(stream, part, '/');)
        parts.push_back(part);
    if (parts.size() != 4 || parts[0] != host_name()) return Liveness::unknown;
    if (parts[1] != boot_id()) return Liveness::dead;
    return start_of(parts[2]) == parts[3] && !is_zombie(parts[2]) ? Liveness::alive : Liveness::dead;
}

}  // namespace fairlead
