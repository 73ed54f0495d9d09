// Replies: throws protocol_error at most, and gives the same replies however the bytes are cut.
#include "fairlead/error.hpp"
#include "ftp/reply.hpp"
#include "ftp/reply_error.hpp"
#include "fuzz.hpp"

using namespace fairlead;

namespace {

constexpr ftp::ReplyParser::Limits kLimits{200, 2000, 50};

std::string all(ftp::ReplyParser& parser, std::string_view bytes, std::size_t step) {
    std::string seen;
    for (std::size_t at = 0; at < bytes.size(); at += step)
        parser.feed(bytes.substr(at, step));
    while (auto reply = parser.take())
        seen += std::to_string(reply->code) + reply->raw() + reply->text() + "|";
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = as_text(data, size);
    ftp::ReplyParser whole(kLimits), cut(kLimits);
    bool failed = false;
    std::string once;
    try {
        once = all(whole, bytes, std::max<std::size_t>(size, 1));
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::protocol_error && !error.session_usable);
        failed = true;
    }
    if (!failed) {
        PROMISE(all(cut, bytes, 1) == once);
        const bool expected = whole.may_be_complete();
        const auto reply = whole.take_after_silence();
        PROMISE(expected || !reply);
        if (reply) {
            PROMISE(reply->code >= 100 && reply->code < 700 && !reply->lines.empty());
            ftp::error_for(*reply, "read", "/x");
            ftp::is_ambiguous(*reply);
        }
    }
    // Taking in between must never crash either.
    ftp::ReplyParser eager(kLimits);
    try {
        for (const char c : bytes) {
            eager.feed({&c, 1});
            while (eager.take(c % 3)) {
            }
            if (c == 'q') eager.take_after_silence(c % 2);
        }
    } catch (const Error&) {
    }
    return 0;
}
