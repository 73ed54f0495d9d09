// Patterns: malformed ones throw invalid_argument; a name escaped as a pattern matches itself.
#include "base/glob.hpp"
#include "fairlead/error.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(data, std::min<std::size_t>(size, 400));
    const auto line = text.find('\n');
    const auto pattern = text.substr(0, line);
    const auto name = line == std::string_view::npos ? pattern : text.substr(line + 1);
    try {
        Glob(pattern).matches(name);
        Glob(pattern, true).matches(name);
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::invalid_argument);
    }
    if (name.find('/') == std::string_view::npos) {
        std::string escaped;
        for (const char c : name)
            escaped.append("\\").append(1, c);
        PROMISE(Glob(escaped).matches(name));
        PROMISE(Glob("*").matches(name) && Glob("**").matches(name));
    }
    return 0;
}
