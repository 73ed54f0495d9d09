// What goes to a terminal is well-formed and free of control characters; sizes and ages parse or throw
// invalid_argument.
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "fairlead/error.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(data, size);
    const auto printable = to_printable(text);
    PROMISE(is_valid_utf8(printable));
    for (const char c : printable)
        PROMISE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    PROMISE(to_printable(printable) == printable);
    PROMISE(is_valid_utf8(to_valid_utf8(text)));
    const auto tried = [](auto&& parse) {
        try {
            parse();
        } catch (const Error& error) {
            PROMISE(error.code == ErrorCode::invalid_argument);
        }
    };
    tried([&] { format_size(parse_size(text)); });
    tried([&] { format_duration(parse_duration(text)); });
    tried([&] { to_rfc3339(parse_age(text, Time())); });
    return 0;
}
