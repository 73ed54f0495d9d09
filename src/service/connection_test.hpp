#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "fairlead/error.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead::service {

/// One step of a test and its verdict.
struct TestStep {
    std::string step;
    bool ok = false;
    std::chrono::milliseconds time{0};
    std::string detail;  ///< what was found, or why it failed
    std::string hint;    ///< the likely fix of a failed step
};

/// What a test of a connection found.
struct TestReport {
    bool ok = false;
    std::string environment;
    std::vector<TestStep> steps;
    PeerInfo peer;
    std::optional<Abilities> abilities;  ///< once logged in
    std::optional<Error> error;
};

struct TestOptions {
    bool write = false;            ///< also write, rename and delete a small file of an unguessable name
    std::string environment;       ///< for the report
    Observer* observer = nullptr;  ///< hears the conversation too
    std::function<void(const TestStep&)> on_step;  ///< called as soon as a step has its verdict
};

/// Opens a session step by step (resolve, connect, secure, identity, login, directory), lists the working
/// directory and, if asked, writes, renames and deletes. The file of the write test is removed also after a
/// failure. One attempt, no retries. A failed step is in the report; only a cancellation is thrown.
awaitable<TestReport> test(Endpoint endpoint, TestOptions options);

/// The contract's shape: {"ok","environment","steps":[...],"identity","server","abilities","error"?}.
boost::json::object to_json(const TestReport& report);
boost::json::object to_json(const Abilities& abilities);

}  // namespace fairlead::service
