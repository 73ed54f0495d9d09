// A program as a user of the installed library would write it: list a directory, in the blocking form.
#include <cstdio>
#include <exception>

#include "fairlead/session.hpp"

int main(int argc, char** argv) {
    try {
        auto session = fairlead::Session::open_local(argc > 1 ? argv[1] : ".");
        for (const auto& entry : session.list("/")) std::printf("%s\n", entry.path.c_str());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
