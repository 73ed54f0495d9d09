// ssh_config: any text gives drafts with valid, different names, or is refused; files may include each other.
#include "bundle/openssh.hpp"

#include "drafts.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(data, std::min<std::size_t>(size, 8192));
    (void)bundle::looks_like_openssh(text);
    std::size_t included = 0;
    const auto include = [&](const std::string& pattern) -> std::vector<std::string> {
        if (++included > 50) return {};
        return {pattern, std::string(text.substr(text.size() / 2))};
    };
    promise_of_drafts([&] { return bundle::read_openssh(text, {"user", include}); });
    return 0;
}
