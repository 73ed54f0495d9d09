// rclone.conf: any text gives drafts with valid, different names, or is refused.
#include "bundle/rclone.hpp"

#include "drafts.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(data, size);
    (void)bundle::looks_like_rclone(text);
    (void)bundle::reveal_rclone(text);
    promise_of_drafts([&] { return bundle::read_rclone(text, {"user", {}}); });
    return 0;
}
