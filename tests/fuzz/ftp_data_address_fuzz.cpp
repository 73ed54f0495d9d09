// PASV and EPSV: a port that is not zero and a numeric address, or protocol_error.
#include "fairlead/error.hpp"
#include "ftp/data_address.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ftp::Reply reply;
    reply.code = 227;
    reply.lines.emplace_back(as_text(data, size));
    try {
        const auto address = ftp::parse_pasv(reply);
        PROMISE(address.port != 0);
        PROMISE(ftp::same_address(address.host, address.host));
        PROMISE(ftp::choose_data_address(address, "192.0.2.1", false).host == "192.0.2.1");
        ftp::port_argument(address.host, address.port);
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::protocol_error);
    }
    reply.code = 229;
    try {
        PROMISE(ftp::parse_epsv(reply) != 0);
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::protocol_error);
    }
    try {
        ftp::eprt_argument(as_text(data, size), 1);
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::invalid_argument);
    }
    return 0;
}
