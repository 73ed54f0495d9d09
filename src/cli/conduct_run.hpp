#pragma once

#include "catalog/run.hpp"
#include "operation/execution.hpp"

namespace fairlead::cli {

class Context;

/// Runs an execution in the foreground, over one session to its connection, recorded in `run` (which this process
/// has begun), and prints what comes out: entries of a list as they are found, a line for each document, or with
/// --json the document {"run", "results"} (for a list each entry on a line of its own). `to_output` writes the
/// contents that came to standard output instead, once all of each is there. Throws the failure of a single
/// document; sets the exit status when some failed and others did not.
void conduct_run(Context& context, catalog::Run run, operation::Request request, bool to_output = false);

}  // namespace fairlead::cli
