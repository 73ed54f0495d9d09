// 257 replies and time values: never throw; a time read is the same when written and read again.
#include "ftp/list_time.hpp"
#include "ftp/pwd.hpp"
#include "ftp/time_value.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(data, size);
    ftp::Reply reply;
    reply.code = 257;
    reply.lines.emplace_back(text);
    if (const auto directory = ftp::parse_directory_reply(reply)) {
        PROMISE(!directory->empty());
        ftp::path_style(*directory);
    }
    if (const auto value = ftp::parse_mdtm_text(text)) {
        const auto again = ftp::parse_time_value(ftp::format_time_value(value->time));
        PROMISE(again && again->time == std::chrono::floor<std::chrono::seconds>(value->time));
    }
    if (size >= 5) {
        ftp::ListTime berlin("Europe/Berlin", Time(std::chrono::seconds(1'775'000'000)));
        berlin.at(1900 + data[0] * 8, data[1] % 14, data[2] % 33, data[3] % 25, data[4] % 61);
        const auto recent = berlin.recent(data[1] % 14, data[2] % 33, data[3] % 25, data[4] % 61);
        PROMISE(!recent || *recent <= Time(std::chrono::seconds(1'775'000'000)) + std::chrono::hours(48));
    }
    return 0;
}
