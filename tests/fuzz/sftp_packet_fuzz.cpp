// Whatever bytes a server sends: decoding them either gives values or throws Error{protocol_error}.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "fairlead/error.hpp"
#include "sftp/packet.hpp"

namespace {

template <class Decode>
void try_to(Decode&& decode) {
    try {
        decode();
    } catch (const fairlead::Error& error) {
        if (error.code != fairlead::ErrorCode::protocol_error) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead::sftp;
    const std::span<const std::byte> body(reinterpret_cast<const std::byte*>(data), size);
    try_to([&] { decode_version(body); });
    try_to([&] { decode_status(body); });
    try_to([&] { decode_handle(body); });
    try_to([&] { decode_attributes(body); });
    try_to([&] {
        // What was decoded must code and decode to the same again.
        for (const auto& entry : decode_names(body)) {
            Bytes packet;
            PacketWriter(packet, PacketType::name, 1)
                .u32(1)
                .string(entry.name)
                .string("")
                .attributes(entry.attributes);
            const auto again = decode_names(std::span<const std::byte>(packet).subspan(9));
            if (again.size() != 1 || again[0].name != entry.name ||
                again[0].attributes.size != entry.attributes.size)
                std::abort();
        }
    });
    if (size >= 4) {
        std::array<std::byte, 4> length;
        std::copy_n(body.begin(), 4, length.begin());
        try_to([&] { decode_length(length, body.subspan(4)); });
    }
    return 0;
}
