// SPDX-License-Identifier: MIT
// The bridge to Google Benchmark: all of the wrapper that cannot be C.
#include <benchmark/benchmark.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <limits>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cbench_impl.h"

namespace
{
using benchmark::State;
using Report = benchmark::BenchmarkReporter::Run;

template <class F> int guarded(F &&f) noexcept
{
	try {
		return f();
	} catch (const std::bad_alloc &) {
		return cb_fail(-ENOMEM, "out of memory");
	} catch (const std::exception &e) {
		return cb_fail(-EIO, "exception: %s", e.what());
	} catch (...) {
		return cb_fail(-EIO, "exception");
	}
}

// ---- what the library's releases do differently

// Up to 1.7 only errors can end a benchmark: there a message is an error with
// this in front, which no report of ours shows as one.
const char message_mark[] = "\001message: ";

template <class S>
auto skip_message(S &state, const std::string &why, int)
	-> decltype(state.SkipWithMessage(why))
{
	state.SkipWithMessage(why);
}

template <class S> void skip_message(S &state, const std::string &why, long)
{
	state.SkipWithError((message_mark + why).c_str());
}

struct Outcome {
	bool skipped;
	bool failed;
	std::string why;
};

template <class R>
auto outcome(const R &report, int) -> decltype(report.skip_message, Outcome())
{
	using Skipped = std::decay_t<decltype(report.skipped)>;

	return { report.skipped != Skipped::NotSkipped,
		 report.skipped == Skipped::SkippedWithError,
		 report.skip_message };
}

template <class R> Outcome outcome(const R &report, long)
{
	const size_t mark = sizeof(message_mark) - 1;

	if (report.error_message.compare(0, mark, message_mark) != 0)
		return { report.error_occurred, report.error_occurred,
			 report.error_message };
	return { true, false, report.error_message.substr(mark) };
}

template <class R>
auto show(R &report, const Outcome &o, int)
	-> decltype(report.skip_message, void())
{
	using Skipped = std::decay_t<decltype(report.skipped)>;

	report.skipped = o.failed ? Skipped::SkippedWithError
				  : Skipped::SkippedWithMessage;
	report.skip_message = o.why;
}

template <class R> void show(R &report, const Outcome &o, long)
{
	report.error_occurred = o.failed;
	report.error_message = o.failed ? o.why : "";
	if (!o.failed)
		report.report_label = "SKIPPED: " + o.why;
}

// With those that the library may not know as skipped, see cbench_impl.h.
Outcome true_outcome(const Report &report)
{
	const std::string &label = report.report_label;
	const size_t mark = sizeof(CB_SOFT_MARK) - 1;

	if (label.compare(0, mark, CB_SOFT_MARK) == 0)
		return { true, label[mark] == 'e', label.substr(mark + 1) };
	if (report.run_type == Report::RT_Aggregate &&
	    cb_skipped_softly(report.run_name.function_name.c_str()))
		return { true, true, "some of its runs were skipped" };
	return outcome(report, 0);
}

// ---- callbacks that are bare function pointers in the library

struct Hook {
	cb_benchmark *benchmark;
	bool setup;
};

using Order = std::pair<cb_complexity_fn *, void *>;

void call(const Hook &hook, const State &state) noexcept
{
	cb_run_hooks(hook.benchmark, &state, hook.setup);
}

double call(const cb_named_statistic &statistic,
	    const std::vector<double> &values) noexcept
{
	return statistic.fn(values.data(), values.size(), statistic.ctx);
}

double call(const Order &order, int64_t n) noexcept
{
	return order.first(n, order.second);
}

// Functions of one signature, each with a context of its own.
template <class Context, class Result, class Argument> class Slots
{
      public:
	using Function = Result (*)(Argument);

	// NULL: all are taken.
	static Function take(const Context &context)
	{
		static const auto functions =
			table(std::make_index_sequence<count>());

		if (used == count)
			return nullptr;
		contexts[used] = context;
		return functions[used++];
	}
	static void drop_all()
	{
		used = 0;
	}

      private:
	static constexpr size_t count = 512;
	static inline Context contexts[count];
	static inline size_t used;

	template <size_t I> static Result thunk(Argument argument)
	{
		return call(contexts[I], argument);
	}
	template <size_t... I>
	static std::vector<Function> table(std::index_sequence<I...>)
	{
		return { thunk<I>... };
	}
};

using HookSlots = Slots<Hook, void, const State &>;
using StatisticSlots =
	Slots<cb_named_statistic, double, const std::vector<double> &>;
using OrderSlots = Slots<Order, double, int64_t>;

// ---- the library's State

State &state_of(void *live)
{
	return *static_cast<State *>(live);
}

const State &state_of(const void *view)
{
	return *static_cast<const State *>(view);
}
} // namespace

int gb_call(cb_fn *fn, cb_state *state, void *arg) noexcept
{
	return guarded([=]() { return fn(state, arg), 0; });
}

bool gb_keep_running(void *live, int64_t n) noexcept
{
	return state_of(live).KeepRunningBatch(n);
}

void gb_run_clock(void *live, bool on) noexcept
{
	on ? state_of(live).ResumeTiming() : state_of(live).PauseTiming();
}

void gb_skip(void *live, const char *why, bool error) noexcept
{
	if (error)
		state_of(live).SkipWithError(why);
	else
		skip_message(state_of(live), why, 0);
}

void gb_set_iteration_time(void *live, double seconds) noexcept
{
	state_of(live).SetIterationTime(seconds);
}

void gb_complexity_n(void *live, int64_t n) noexcept
{
	state_of(live).SetComplexityN(n);
}

int gb_counter(void *live, const char *name, double value, unsigned flags)
{
	using benchmark::Counter;
	static_assert(int(CB_COUNTER_AVG_ITERATIONS) ==
		      int(Counter::kAvgIterations));
	int theirs = static_cast<int>(flags & (CB_COUNTER_INVERT - 1)) |
		     (flags & CB_COUNTER_INVERT ? Counter::kInvert : 0);

	return guarded([&] {
		state_of(live).counters[name] =
			Counter(value, static_cast<Counter::Flags>(theirs),
				flags & CB_COUNTER_1024 ? Counter::kIs1024
							: Counter::kIs1000);
		return 0;
	});
}

int gb_label(void *live, const char *text)
{
	return guarded([&] { return state_of(live).SetLabel(text), 0; });
}

void gb_look(const void *view, gb_view *now) noexcept
{
	now->iterations = state_of(view).max_iterations;
	now->threads = state_of(view).threads();
	now->thread_index = state_of(view).thread_index();
}

int64_t gb_range(const void *view, size_t i) noexcept
{
	return state_of(view).range(i);
}

// ---- registration with the library

namespace
{
// All settings that a single run has too.
template <class B> void set_basics(B *theirs, cb_benchmark *b)
{
	for (size_t i = 0; i < b->arg_sets; i++) {
		const int64_t *row = b->args + i * b->arg_width;

		theirs->Args(std::vector<int64_t>(row, row + b->arg_width));
	}
	for (size_t i = 0; i < b->thread_count; i++)
		theirs->Threads(b->threads[i]);
	if (b->clock == CB_CLOCK_REAL)
		theirs->UseRealTime();
	if (b->clock == CB_CLOCK_MANUAL)
		theirs->UseManualTime();
	if (b->process_time)
		theirs->MeasureProcessCPUTime();
}

int no_slot(const cb_benchmark *b)
{
	return cb_fail(-ENOSPC, "%.60s: too many callbacks in one run",
		       b->name);
}

template <class B> int set_hooks(B *theirs, cb_benchmark *b)
{
	if (!b->setup && !b->teardown)
		return 0;
	auto setup = HookSlots::take({ b, true });
	auto teardown = HookSlots::take({ b, false });

	if (!setup || !teardown)
		return no_slot(b);
	if (b->setup)
		theirs->Setup(setup);
	if (b->teardown)
		theirs->Teardown(teardown);
	return 0;
}

template <class B> void set_times(B *theirs, cb_benchmark *b)
{
	double min_time = b->min_time;

	// 1.7 ignores a benchmark's own warm-up without a time of its own.
	if (b->warmup > 0 && min_time <= 0)
		min_time = cb_default_min_time();
	if (min_time > 0)
		theirs->MinTime(min_time);
	if (b->warmup > 0)
		theirs->MinWarmUpTime(b->warmup);
	if (b->iterations)
		theirs->Iterations(static_cast<int64_t>(b->iterations));
	if (b->repetitions)
		theirs->Repetitions(b->repetitions);
	if (b->has_aggregates && b->aggregates == CB_DISPLAY_AGGREGATES)
		theirs->DisplayAggregatesOnly(true);
	else if (b->has_aggregates)
		theirs->ReportAggregatesOnly(b->aggregates ==
					     CB_REPORT_AGGREGATES);
}

template <class B> int set_statistics(B *theirs, cb_benchmark *b)
{
	static_assert(int(CB_O_AUTO) == benchmark::oAuto);

	for (size_t i = 0; i < b->statistic_count; i++) {
		auto fn = StatisticSlots::take(b->statistics[i]);

		if (!fn)
			return no_slot(b);
		theirs->ComputeStatistics(b->statistics[i].name, fn,
					  b->statistics[i].percentage
						  ? benchmark::kPercentage
						  : benchmark::kTime);
	}
	if (!b->order_fn) {
		theirs->Complexity(static_cast<benchmark::BigO>(b->order));
		return 0;
	}
	auto order = OrderSlots::take({ b->order_fn, b->order_ctx });

	if (!order)
		return no_slot(b);
	theirs->Complexity(order);
	return 0;
}

int add(cb_benchmark *b, const char *name, bool single)
{
	cb_reset_run(b, single);
	auto *theirs = benchmark::RegisterBenchmark(
		name, [b](State &live) noexcept { cb_run_thread(b, &live); });

	set_basics(theirs, b);
	if (single) {
		theirs->Iterations(static_cast<int64_t>(
			b->iterations ? b->iterations : 1));
		theirs->Repetitions(1);
		return set_hooks(theirs, b);
	}
	std::vector<std::string> names(b->arg_names,
				       b->arg_names + b->arg_name_count);

	if (!names.empty())
		theirs->ArgNames(names);
	if (b->has_unit)
		theirs->Unit(static_cast<benchmark::TimeUnit>(b->unit));
	set_times(theirs, b);
	int rc = set_hooks(theirs, b);

	return rc ? rc : set_statistics(theirs, b);
}

size_t failures;

void print_help()
{
	cb_print_flags();
	benchmark::PrintDefaultHelp();
}

// ---- reporters

using Reporter = benchmark::BenchmarkReporter;

// No output, and no more than the one report that is expected.
class Single : public Reporter
{
      public:
	bool ReportContext(const Context &) override
	{
		return true;
	}
	void ReportRuns(const std::vector<Report> &reports) override
	{
		if (!reports.empty())
			report.reset(new Report(reports.front()));
	}

	std::unique_ptr<Report> report;
};

// A report for C, and what it points to.
struct Result {
	explicit Result(const Report &report);

	Outcome end;
	std::string name;
	std::vector<cb_result_counter> counters;
	cb_result c = {};
};

std::vector<cb_result_counter> counters_of(const Report &report)
{
	std::vector<cb_result_counter> counters;

	for (const auto &counter : report.counters)
		counters.push_back({ counter.first.c_str(),
				     counter.second.value,
				     (counter.second.flags &
				      benchmark::Counter::kIsRate) != 0 });
	return counters;
}

cb_memory memory_of(const benchmark::MemoryManager::Result &theirs)
{
	// The library's name for it is not exported everywhere.
	const int64_t unknown = std::numeric_limits<int64_t>::max();
	cb_memory memory = {};

	memory.allocations = theirs.num_allocs;
	memory.peak_bytes = theirs.max_bytes_used;
	memory.total_bytes = theirs.total_allocated_bytes == unknown
				     ? -1
				     : theirs.total_allocated_bytes;
	memory.growth_known = theirs.net_heap_growth != unknown;
	memory.growth_bytes = memory.growth_known ? theirs.net_heap_growth : 0;
	return memory;
}

Result::Result(const Report &report)
    : end(true_outcome(report)), name(report.benchmark_name()),
      counters(counters_of(report))
{
	double multiplier = benchmark::GetTimeUnitMultiplier(report.time_unit);
	auto wall = report.counters.find("ns_per_op");

	c.name = name.c_str();
	c.family = report.run_name.function_name.c_str();
	c.kind = report.report_big_o                       ? CB_RESULT_BIG_O
		 : report.report_rms                       ? CB_RESULT_RMS
		 : report.run_type == Report::RT_Aggregate ? CB_RESULT_AGGREGATE
							   : CB_RESULT_RUN;
	c.aggregate = report.aggregate_name.c_str();
	c.percentage = report.aggregate_unit == benchmark::kPercentage;
	c.label = report.report_label.c_str();
	c.skipped = end.skipped;
	c.failed = end.failed;
	c.message = end.why.c_str();
	c.iterations = static_cast<uint64_t>(report.iterations);
	c.threads = static_cast<int>(report.threads);
	c.repetition = static_cast<int>(report.repetition_index);
	c.repetitions = static_cast<int>(report.repetitions);
	c.unit = static_cast<cb_unit>(report.time_unit);
	c.counters = counters.data();
	c.counter_count = counters.size();
	if (report.memory_result) {
		c.has_memory = true;
		c.memory = memory_of(*report.memory_result);
	}
	if (end.skipped)
		return;
	c.real_time = c.percentage ? report.real_accumulated_time
				   : report.GetAdjustedRealTime();
	c.cpu_time = c.percentage ? report.cpu_accumulated_time
				  : report.GetAdjustedCPUTime();
	// Releases differ in whether they divide by the number of threads.
	if (report.threads > 1 && !c.percentage &&
	    c.kind <= CB_RESULT_AGGREGATE && wall != report.counters.end())
		c.real_time = wall->second.value * 1e-9 * multiplier;
}

class Bridge : public Reporter
{
      public:
	explicit Bridge(const cb_reporter &reporter) : to(reporter)
	{
	}
	bool ReportContext(const Context &context) override
	{
		const auto &cpu = context.cpu_info;
		cb_machine machine = {};

		machine.cpus = cpu.num_cpus;
		machine.cycles_per_second = cpu.cycles_per_second;
		machine.name_width = context.name_field_width;
		machine.scaling = cpu.scaling == cpu.ENABLED    ? 1
				  : cpu.scaling == cpu.DISABLED ? 0
								: -1;
		return !to.begin || to.begin(&machine, to.ctx);
	}
	void ReportRuns(const std::vector<Report> &reports) override
	{
		std::vector<std::unique_ptr<Result>> results;
		std::vector<cb_result> c;

		for (const Report &report : reports) {
			results.emplace_back(new Result(report));
			c.push_back(results.back()->c);
		}
		to.results(c.data(), c.size(), to.ctx);
	}
	void Finalize() override
	{
		if (to.finish)
			to.finish(to.ctx);
	}

      private:
	cb_reporter to;
};

// Takes out of names what only says how the benchmark was run, and gives the
// reports to others.
class Tidy : public Reporter
{
      public:
	Tidy(std::vector<Reporter *> to_whom, bool does_count)
	    : to(std::move(to_whom)), count(does_count)
	{
	}
	bool ReportContext(const Context &context) override
	{
		bool go = true;

		for (Reporter *one : to) {
			one->SetOutputStream(&GetOutputStream());
			one->SetErrorStream(&GetErrorStream());
			go &= one->ReportContext(context);
		}
		return go;
	}
	void ReportRuns(const std::vector<Report> &reports) override
	{
		std::vector<Report> tidy = reports, shown;

		for (Report &report : tidy) {
			Outcome end = true_outcome(report);

			failures += count && end.failed &&
				    report.run_type == Report::RT_Iteration;
			report.run_name.iterations.clear();
			shown.push_back(report);
			if (end.skipped)
				show(shown.back(), end, 0);
		}
		for (Reporter *one : to)
			one->ReportRuns(dynamic_cast<Bridge *>(one) ? tidy
								    : shown);
	}
	void Finalize() override
	{
		for (Reporter *one : to)
			one->Finalize();
	}

      private:
	std::vector<Reporter *> to;
	bool count;
};

// ---- the memory manager

// Of the two Stop() the first is pure in 1.7 and gone later: no `override`.
class Memory : public benchmark::MemoryManager
{
      public:
	void Start()
	{
		ops->start(ctx);
	}
	void Stop(Result *result)
	{
		cb_memory memory = {};

		memory.total_bytes = -1;
		ops->stop(&memory, ctx);
		result->num_allocs = memory.allocations;
		result->max_bytes_used = memory.peak_bytes;
		if (memory.total_bytes >= 0)
			result->total_allocated_bytes = memory.total_bytes;
		if (memory.growth_known)
			result->net_heap_growth = memory.growth_bytes;
	}
	void Stop(Result &result)
	{
		Stop(&result);
	}

	const cb_memory_ops *ops = nullptr;
	void *ctx = nullptr;
};

Memory memory;

std::string run_quietly(Reporter &quiet, const char *filter)
{
	std::ostringstream errors;

	quiet.SetErrorStream(&errors);
	benchmark::RunSpecifiedBenchmarks(&quiet, nullptr, filter);
	return errors.str();
}

Reporter *own_reporter(const char *format, bool file)
{
	if (!strcmp(format, "json"))
		return new benchmark::JSONReporter;
	if (!strcmp(format, "console") && file)
		return new benchmark::ConsoleReporter(
			benchmark::ConsoleReporter::OO_None);
	return nullptr;
}
} // namespace

// ---- for the C parts

size_t cb_failures(void)
{
	return failures;
}

bool gb_poke(const char *flag) noexcept
{
	auto &name = benchmark::BenchmarkReporter::Context::executable_name;
	auto &context = benchmark::internal::GetGlobalContext();
	auto saved_name = name;
	auto saved_context = std::exchange(context, nullptr);
	auto unit = benchmark::GetDefaultTimeUnit();
	char program[] = "cbench";
	char *argv[] = { program, const_cast<char *>(flag), nullptr };
	int argc = 2;

	// It reads the flags of before once more, and acts on them.
	benchmark::Initialize(&argc, argv, print_help);
	delete std::exchange(context, saved_context);
	name = saved_name;
	benchmark::SetDefaultTimeUnit(unit);
	return argc == 1;
}

void gb_initialize(int *argc, char **argv) noexcept
{
	benchmark::Initialize(argc, argv, print_help);
}

void gb_shutdown(void) noexcept
{
	benchmark::Shutdown();
	// Which leaves a pointer to what it has freed.
	benchmark::internal::GetGlobalContext() = nullptr;
}

int gb_context(const char *key, const char *value)
{
	return guarded([&] {
		auto *context = benchmark::internal::GetGlobalContext();

		if (context && context->count(key))
			return cb_fail(-EEXIST, "context: %.60s is there", key);
		benchmark::AddCustomContext(key, value);
		return 0;
	});
}

void gb_default_unit(cb_unit unit) noexcept
{
	static_assert(int(CB_S) == benchmark::kSecond);
	benchmark::SetDefaultTimeUnit(static_cast<benchmark::TimeUnit>(unit));
}

void gb_memory(const cb_memory_ops *ops, void *ctx) noexcept
{
	memory.ops = ops;
	memory.ctx = ctx;
	benchmark::RegisterMemoryManager(ops ? &memory : nullptr);
}

int gb_add(cb_benchmark *b)
{
	return guarded([&] { return add(b, b->name, false); });
}

void gb_clear(void) noexcept
{
	benchmark::ClearRegisteredBenchmarks();
	HookSlots::drop_all();
	StatisticSlots::drop_all();
	OrderSlots::drop_all();
}

int gb_check_filter(const char *filter)
{
	return guarded([&] {
		Single quiet;
		// With no benchmarks there it only compiles the expression.
		std::string errors = run_quietly(quiet, filter);

		if (errors.compare(0, 9, "Could not"))
			return 0;
		return cb_fail(-EINVAL, "filter: %.200s", errors.c_str());
	});
}

int gb_list(const char *filter, void (*each)(const char *name, void *ctx),
	    void *ctx)
{
	return guarded([&] {
		std::stringstream names;
		std::string name;
		Single quiet;
		int n = 0;

		quiet.SetOutputStream(&names);
		run_quietly(quiet, filter);
		for (; std::getline(names, name); n++)
			each(name.c_str(), ctx);
		return n;
	});
}

int gb_run(const gb_outputs *outputs, const char *filter)
{
	return guarded([&] {
		std::unique_ptr<Reporter> to, file_to, own_file;
		std::vector<Reporter *> files;

		failures = 0;
		if (outputs->display)
			to.reset(new Bridge(*outputs->display));
		else
			to.reset(own_reporter(outputs->format, false));
		if (outputs->file) {
			file_to.reset(new Bridge(*outputs->file));
			files.push_back(file_to.get());
		}
		if (outputs->own_file)
			own_file.reset(
				own_reporter(outputs->file_format, true));
		if (own_file)
			files.push_back(own_file.get());
		// The default one is the library's for good.
		Tidy display({ to ? to.get()
				  : benchmark::CreateDefaultDisplayReporter() },
			     true);
		Tidy file(files, false);

		return static_cast<int>(benchmark::RunSpecifiedBenchmarks(
			&display, files.empty() ? nullptr : &file, filter));
	});
}

int gb_run_single(cb_benchmark *b, cb_run *run)
{
	return guarded([&] {
		Single single;
		int rc = add(b, "one", true);

		if (rc)
			return rc;
		benchmark::RegisterMemoryManager(nullptr);
		benchmark::RunSpecifiedBenchmarks(&single, nullptr, ".");
		if (memory.ops)
			benchmark::RegisterMemoryManager(&memory);
		if (!single.report)
			return cb_fail(-EIO, "%.60s: no report", b->name);
		const Report &report = *single.report;
		Outcome end = outcome(report, 0);

		run->iterations = static_cast<uint64_t>(report.iterations);
		run->skipped = end.skipped;
		run->failed = end.failed;
		snprintf(run->message, sizeof(run->message), "%s",
			 end.why.c_str());
		if (!end.skipped && report.iterations > 0)
			run->cpu_seconds_per_iteration =
				report.cpu_accumulated_time /
				static_cast<double>(report.iterations);
		std::vector<cb_result_counter> counters = counters_of(report);

		return cb_keep_counters(b, counters.data(), counters.size());
	});
}
