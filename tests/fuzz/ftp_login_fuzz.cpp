// Log-in against any replies: ends, sends the password once at most, and never shows it in an error.
#include "fairlead/error.hpp"
#include "ftp/login.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ftp::LoginMachine machine(
        {"anna", Secret("tHe-pAssWord"), size % 2 == 0 ? Secret("acct") : Secret(), size % 3 == 0});
    auto action = machine.start();
    int passwords = 0, steps = 0;
    auto text = as_text(data, size);
    try {
        while (!action.done) {
            PROMISE(++steps < 10);
            passwords += action.verb == "PASS" ? 1 : 0;
            PROMISE(passwords <= 1);
            const auto end = std::min(text.find('\n'), text.size());
            ftp::Reply reply;
            reply.lines.emplace_back(text.substr(0, end));
            for (std::size_t i = 0; i < 3 && i < end; ++i)
                reply.code = reply.code * 10 + (text[i] - '0');
            text.remove_prefix(std::min(end + 1, text.size()));
            action = machine.resume(reply);
        }
    } catch (const Error& error) {
        PROMISE(error.step == "login" && !error.session_usable);
        PROMISE(error.message.find("tHe-pAssWord") == std::string::npos);
    }
    return 0;
}
