#pragma once

#include "api/services.hpp"
#include "catalog/run.hpp"
#include "http/message.hpp"

namespace fairlead::api {

/// How the documents of a run are given.
enum class ResultForm { json, multipart, zip, raw };
/// The one of them that the request's Accept likes best. Throws Refusal 406.
ResultForm result_form(const http::Request& request);

/// The answer to an execution that has ended: the run and its documents, streamed. A run of one document that
/// failed, or that failed as a whole, is a problem document with the status of its code.
/// `inline_most`: the largest content that stands in JSON itself.
http::Response result_answer(Services& services, catalog::Run run, ResultForm form, std::uint64_t inline_most);

}  // namespace fairlead::api
