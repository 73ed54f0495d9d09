// ZIP files: any bytes are refused, or hold files whose paths stay inside and whose sizes are within limits.
#include "bundle/archive.hpp"

#include "bundle/sealed_package.hpp"
#include "fairlead/error.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto bytes = as_text(data, size);
        const bundle::Archive archive(bytes);
        (void)bundle::is_sealed(archive);
        for (const auto& path : archive.paths()) {
            PROMISE(!path.empty() && path.front() != '/' && path.find("..") != 0);
            PROMISE(("/" + path + "/").find("/../") == std::string::npos);
            try {
                PROMISE(archive.read(path, 1'000'000).size() <= 1'000'000);
            } catch (const Error& error) {
                PROMISE(error.code == ErrorCode::invalid_argument);
            }
        }
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::invalid_argument);
    }
    return 0;
}
