// FEAT: never throws.
#include "ftp/features.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ftp::ReplyParser parser;
    parser.feed("211-Features:\r\n");
    parser.feed(as_text(data, std::min<std::size_t>(size, 10'000)));
    parser.feed("\r\n211 End\r\n");
    while (const auto reply = parser.take()) {
        auto features = ftp::Features::from(*reply);
        features.wanted_mlst_facts();
        const auto commands = features.checksum_commands();
        for (const auto& command : commands)
            PROMISE(features.announced(command.verb));
        for (const auto& command : commands) {
            features.refuse(command.verb);
            PROMISE(!features.may_try(command.verb));
        }
        PROMISE(features.checksum_commands().empty());
    }
    return 0;
}
