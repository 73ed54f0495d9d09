#pragma once

namespace fairlead::store {
class Store;
}

namespace fairlead::flow {

/// Tells of each run of a flow or an operation that failed, in whole or in part, to those whom the flow or operation
/// names ("fairlead.run.failed"). Goes on after the last one that was looked at, whatever ended in between; each run is
/// told of once, on however many nodes this is called. The first call of all only notes where to begin.
void alert_failed_runs(store::Store& store);

}  // namespace fairlead::flow
